// What a reader of HTML mail sees.

import MIME
import Mail
import SettingValues
import Testing

@Suite struct HTMLTests {
    static let cases: [(String, String)] = [
        ("<p>one<p>two", "one\ntwo"), ("con<b>fid</b>ential", "confidential"), ("a<!-- x -->b", "ab"),
        ("a<!-->b", "ab"), ("a<!--->b", "ab"), ("a<!-- x --!> y --> b", "a y --> b"), ("a <!-- open", "a open"),
        ("<script>x</script>y", "y"), ("<STYLE>x</STYLE >y", "y"), ("<style>x", "x"),
        ("<script>'</scrip'</script>y", "y"),
        ("&lt;b&gt;&amp;&quot;&apos;", "<b>&\"'"), ("&#67;&#x61;&#X72;d&#100", "Card" + "d"),
        ("&eacute;&Eacute;", "éÉ"),
        ("&nbsp;a&nbsp;&nbsp;b", "a b"), ("caf&eacute", "café"), ("&ampamp;", "&amp;"),
        ("AT&T &c; & &;", "AT&T &c; & &;"),
        ("&#0;&#xD800;&#1114112;&#;&#x;", "\u{FFFD}\u{FFFD}\u{FFFD}&#;&#x;"), ("&#150;&#x80;", "–€"),
        ("&lbrack;secure&rsqb;&Tab;x&NewLine;y", "[secure] x y"), ("se&shy;cr\u{200B}et\u{FEFF}", "secret"),
        ("<td>4111</td><td>1111</td>", "4111\t1111"), ("<img alt='a &lt; b'>", "a < b"), ("<img ALT=word>x", "word x"),
        ("<a title='>'>x</a>", "> x"), ("<a href='>'>x</a>", "x"), ("<a title=\">x", "a title=\">x"),
        ("1 < 2 > 3", "1 < 2 > 3"), ("a</>b", "ab"),
        ("a</ x>b", "ab"),
        ("<?php x ?>y", "y"), ("<!DOCTYPE html>y", "y"), ("<![CDATA[x]]>y", "y"), ("<!--[if mso]>x<![endif]-->", "x"),
        ("a\r\n  b\t c", "a b c"), ("<br>a<br/>b<br />", "a\nb"), ("", ""), ("<", "<"), ("</", ""), ("<!", ""),
        ("&", "&"),
        ("&#", "&#"), ("<a", "a"), ("<a b", "a b"), ("<a b=", "a b="), ("<a b='", "a b='"),
    ]
    @Test(arguments: cases) func shows(_ html: String, _ visible: String) throws {
        let message = try read(
            received(MessageBytes("Content-Type: text/html; charset=utf-8\r\n\r\n\(html)")), limits: Limits())
        guard case .text(let text, let seen) = message.root.text else {
            Issue.record("no text")
            return
        }
        #expect(text == html)
        #expect(seen == visible)
    }

    @Test func takesTheCharsetOfTheDocumentWhereTheMailNamesNone() throws {
        let head = Array("Content-Type: text/html\r\n\r\n<meta charset='windows-1251'>".utf8)
        let message = try read(received(MessageBytes(bytes: head + [0xCF, 0xF0])), limits: Limits())
        guard case .text(_, let visible) = message.root.text else { return #expect(Bool(false)) }
        #expect(visible == "Пр")
    }

    @Test func plainTextHasNoSecondForm() throws {
        guard case .text("<b>x</b>", let visible) = try readText("\n<b>x</b>").root.text else {
            return #expect(Bool(false))
        }
        #expect(visible == nil)
    }

    /// Ends that never come are looked for once each.
    @Test(arguments: [
        "<!--", "<style>", "<script>", "<?", "<!x", "<a ", "<a b='", "&", "&#", "<![", "</x ", "&ampampampamp",
    ])
    func countsLinearWork(_ piece: String) throws {
        var steps: [Int] = []
        for count in [250, 500, 1000] {
            steps.append(try countSteps(of: "Content-Type: text/html\n\n" + String(repeating: piece, count: count)))
        }
        #expect(steps[1] < steps[0] * 3)
        #expect(steps[2] < steps[1] * 3)
        #expect(steps[2] < 1000 * piece.utf8.count * 60)
    }
}
