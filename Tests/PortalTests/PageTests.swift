// The pages: complete in every language, nothing in them that the CSP would stop, small, the same for every letter.

import Foundation
import Testing

@Suite(.serialized) struct PageTests {
    /// What is loaded to open and read a letter, and what is loaded to save all its files.
    private static let scripts = [
        "portal.js", "letter.js", "files.js", "frame.js", "links.js", "plain.js", "shown.js", "plaintext.js",
        "message.js", "protocol.js", "sanitise.js", "texts.js", "code.js", "menu.js", "watch.js", "zip.js", "view.js",
    ]
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/Portal/Assets").standardized

    private static let accepted: [(field: String?, language: String)] = [
        (nil, "en"), ("fr", "fr"), ("fr-CA,en;q=0.8", "fr"), ("en-GB,fr;q=0.9", "en"), ("de,fr;q=0.5,en;q=0.4", "de"),
        ("pt-BR", "pt"),
        ("sv,nl;q=0.3", "nl"), ("zh-Hant-TW,it-CH;q=0.4,en;q=0.3", "it"),
        ("fr;q=0", "en"), ("fr;q=0.1,en;q=0.2", "en"), ("sv", "en"), ("*", "en"), (";;;,,,fr;q=x", "en"), ("FR", "fr"),
        (String(repeating: "sv,", count: 3000) + "fr", "en"),
    ]

    @Test func theLanguageIsTheVisitors() async throws {
        try await RunningPortal.with { portal in
            for (field, language) in Self.accepted {
                for path in ["/", "/l/AAAAAAAAAAAAAAAAAAAAAA", "/nowhere"] {
                    let answer = try await portal.get(path, field.map { ["Accept-Language": $0] } ?? [:])
                    #expect(answer.text.contains("<html lang=\"\(language)\">"), "\(field?.prefix(40) ?? "none")")
                    #expect(
                        answer.field("content-language") == language
                            && answer.field("vary") == "Accept-Language, Accept-Encoding")
                }
            }
        }
    }

    /// What is loaded once a letter is open, to answer it.
    private static let later = [
        "answer.js", "certificate.js", "extras.js", "following.js", "seal.js", "upload.js",
    ]

    @Test func theQueryChoosesALanguageToo() async throws {
        try await RunningPortal.with { portal in
            #expect(try await portal.get("/?lang=fr").text.contains("<html lang=\"fr\">"))
            let answer = try await portal.get("/?lang=%22%3E%3Cscript%3E", ["Accept-Language": "fr"])
            #expect(answer.text.contains("<html lang=\"fr\">") && !answer.text.contains("\"><script>"))
        }
    }

    @Test(arguments: ["en", "fr", "de", "es", "it", "pt", "nl"])
    func everyTextIsThere(language: String) async throws {
        try await RunningPortal.with { portal in
            for path in ["/", "/l/x", "/nowhere"] {
                let page = try await portal.get("\(path)?lang=\(language)").text
                #expect(!page.contains("{{") && page.firstMatch(of: /[a-z]\}\}/) == nil)
                // What has an id, or names its text, is filled by the script.
                let empty = page.firstMatch(
                    of: /<(?:h1|h2|p|button|label|summary)(?![^>]* (?:id|data-text)=)[^>]*><\//)
                #expect(empty.map { String($0.0) } == nil)
            }
            let page = try await portal.get("/l/x?lang=\(language)").text
            let data = try #require(page.firstMatch(of: /<script type="application\/json" id="texts">(.*?)<\/script>/))
            let texts = try JSONSerialization.jsonObject(with: Data(data.1.utf8)) as? [String: String]
            let names = Set((texts ?? [:]).keys)
            for name in page.matches(of: /data-text="([a-z-]+)"/).map({ String($0.1) }) {
                #expect(names.contains(name), "the page shows \"\(name)\"")
            }
            for script in Self.scripts + Self.later + ["old-browser.js"] {
                let source = try await portal.get("/assets/\(script)").text
                for name in source.matches(of: /\btext\("([a-z-]+)"[,)]/).map({ String($0.1) }) {
                    #expect(names.contains(name), "\(script) shows \"\(name)\"")
                }
            }
            for view in page.matches(of: /id="view-([a-z]+)"/).map({ String($0.1) }) where view != "letter" {
                #expect(names.contains("heading-\(view)"))
            }
        }
    }

    @Test func nothingIsInlineAndEverythingIsOurs() async throws {
        try await RunningPortal.with { portal in
            for path in ["/", "/l/x", "/nowhere"] {
                let page = try await portal.get(path).text
                #expect(!page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick"))
                #expect(page.matches(of: /https?:\/\/[a-z]/).isEmpty)
                for name in page.matches(of: /(?:src|href)="(\/[^"]+)"/).map({ String($0.1) }) {
                    #expect(try await portal.get(name).status == 200, "\(name)")
                }
                #expect(page.components(separatedBy: "<h1").count == 2)
            }
            for script in Self.scripts + Self.later {
                let answer = try await portal.get("/assets/\(script)")
                #expect(answer.field("content-type") == "text/javascript; charset=utf-8")
                for sink in [
                    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
                    "localStorage", "sessionStorage",
                ] {
                    #expect(!answer.text.contains(sink), "\(script) uses \(sink)")
                }
            }
        }
    }

    @Test func allOfItIsSmall() async throws {
        try await RunningPortal.with { portal in
            // As they travel; and unpacked, what opening and reading a letter needs of them.
            var (all, reading) = (0, 0)
            let paths =
                ["/l/x", "/frame"] + (["portal.css", "seal.svg"] + Self.scripts + Self.later).map { "/assets/\($0)" }
            for path in paths {
                let packed = try await portal.get(path, ["Accept-Encoding": "gzip, br"])
                #expect(packed.status == 200)
                all += packed.body.count
                let isLater =
                    Self.later.contains { path.hasSuffix("/\($0)") } || path.hasSuffix("zip.js")
                    || path.hasSuffix("view.js")
                if !isLater { reading += try await portal.get(path).body.count }
            }
            #expect(all < 70_000 && reading < 120_000, "\(all) bytes in all, \(reading) bytes unpacked")
        }
    }

    /// Shortening goes line by line: it is right as long as no literal and no comment runs over lines.
    @Test func whatIsShortenedIsStillTheSame() async throws {
        try await RunningPortal.with { portal in
            for name in Self.scripts + Self.later {
                let source = try String(contentsOf: Self.sources.appending(path: name), encoding: .utf8)
                for line in source.split(separator: "\n") {
                    #expect(line.count(where: { $0 == "`" }).isMultiple(of: 2), "\(name): \(line)")
                    #expect(!line.contains("/*") || line.contains("*/"), "\(name): \(line)")
                }
                let kept = source.split(separator: "\n").map { $0.trimmingPrefix(while: { $0 == " " }) }
                    .filter { !$0.isEmpty && !$0.hasPrefix("//") }
                let served = try await portal.get("/assets/\(name)").text
                let same = served.split(separator: "\n").map(String.init) == kept.map(String.init)
                #expect(same, "\(name)")
                #expect(served.utf8.count < source.utf8.count)
            }
        }
    }

    /// The sheet loses spaces around marks only: every rule and every declaration is still there.
    @Test func theSheetKeepsItsRules() async throws {
        try await RunningPortal.with { portal in
            let source = try String(contentsOf: Self.sources.appending(path: "portal.css"), encoding: .utf8)
            let served = try await portal.get("/assets/portal.css").text
            for mark in ["{", "}"] {
                let bare = source.replacing(/\/\*.*?\*\//, with: "")
                #expect(served.components(separatedBy: mark).count == bare.components(separatedBy: mark).count)
            }
            #expect(served.contains("@media screen and (prefers-color-scheme:dark){"))
            #expect(served.contains("input[aria-invalid=\"true\"]{border-color:var(--bad)}"))
        }
    }

    /// Browsers of late 2022 (Chrome 108, Firefox 107, Safari 16.0) must do: nothing newer, where the page would fail
    /// without it. docs/links/letters-page.md has the table.
    @Test func nothingIsNewerThanItsReaders() throws {
        let newer = [
            "toBase64(", "fromBase64(", "toHex(", "structuredClone(", "Array.fromAsync", "groupBy(", "withResolvers",
            ".toSorted(", ".toReversed(", ".toSpliced(", "Intl.Segmenter", "Intl.DurationFormat", "showPopover",
            "URL.canParse", "URL.parse(", "AbortSignal.any", "scheduler.", "showSaveFilePicker", "CompressionStream",
            "(?<=", "(?<!", "isWellFormed", "startViewTransition", "setHTML", "getHTML", "OffscreenCanvas", "static {",
            "Iterator.", "Promise.try", "RegExp.escape", "new Set(a).union", "await using", "import defer", "/v;",
            "/v)",
        ]
        let newerInSheets = [
            "@layer", "@container", "color-mix(", "light-dark(", "oklch(", "@property", "@scope", "@starting-style",
            "anchor-name", "subgrid", "linear(", "round(", "& ",
        ]
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path)
        #expect(files.count > 15)
        for name in files {
            let text = try String(contentsOf: Self.sources.appending(path: name), encoding: .utf8)
            for feature in name.hasSuffix(".js") ? newer : name.hasSuffix(".css") ? newerInSheets : [] {
                #expect(!text.contains(feature), "\(name) uses \(feature)")
            }
        }
    }

    /// A mail system may write a link anew: the page is the same, and finds out itself what the address was.
    @Test func rewrittenLinksLeadToTheSamePage() async throws {
        try await RunningPortal.with { portal in
            let id = "AAECAwQFBgcICQoLDA0ODw", code = "EBESExQVFhcYGRobHB0eHw"
            for (page, forms) in [
                (
                    "/l/\(id)",
                    [
                        "/l/\(id)%23\(code)", "/l/\(id)%2523\(code)", "/l/\(id)/", "//l//\(id)", "/l/\(id)%20",
                        "/l/\(id).",
                        "/l/\(id)%3E", "/l/\(id)&utm_source=x", "/l/\(id)?utm_source=x", "/l/\(id)/%23\(code)",
                        "/l%2F\(id)%23\(code)", "/l/\(id)/x/y",
                    ]
                ),
                ("/control", ["/control%23\(code)", "/control/", "//control", "/control%20", "/control&utm_source=x"]),
                ("/confirm", ["/confirm%23\(code)", "/confirm/", "//confirm", "/confirm.", "/confirm/%23\(code)"]),
            ] {
                let wanted = try await portal.get(page)
                for form in forms { #expect(try await portal.get(form) == wanted, "\(form)") }
            }
            for nothing in ["/l", "/l/", "/letters/x", "/confirmation", "/controls", "/ll/x", "/x/l/\(id)"] {
                #expect(try await portal.get(nothing).status == 404, "\(nothing)")
            }
        }
    }

    /// Files of the pages are kept by their hash: an address that names another one, or none, is not.
    @Test func filesAreKeptByTheirHash() async throws {
        try await RunningPortal.with { portal in
            let page = try await portal.get("/l/x").text
            let addresses = Set(page.matches(of: /"(\/assets\/[a-z.-]+\?v=[A-Za-z0-9_-]{16})"/).map { String($0.1) })
            #expect(addresses.count > 25)
            for address in addresses {
                let kept = try await portal.get(address)
                #expect(
                    kept.field("cache-control") == "public, max-age=31536000, immutable, no-transform", "\(address)")
                let bare = try #require(address.split(separator: "?").first.map(String.init))
                for other in [bare, "\(bare)?v=", "\(bare)?v=AAAAAAAAAAAAAAAA"] {
                    let answer = try await portal.get(other)
                    #expect(
                        answer.field("cache-control") == "no-store, no-transform" && answer.body == kept.body,
                        "\(other)")
                }
            }
            // Every script that a script loads has its place in the map.
            let map = try #require(page.firstMatch(of: /<script type="importmap">(.*?)<\/script>/)).1
            for name in Self.scripts + Self.later {
                #expect(map.contains("\"/assets/\(name)\":\"/assets/\(name)?v="), "\(name)")
            }
            #expect(try await portal.get("/assets/none?v=").field("cache-control") == "no-store, no-transform")
        }
    }

    @Test func thePageIsTheSameForEveryLetter() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter()
            let there = try await portal.get("/l/\(locked.id)")
            #expect(try await portal.get("/l/AAAAAAAAAAAAAAAAAAAAAA") == there)
            #expect(try await portal.get("/l/%22%3E%3Cscript%3E") == there)
        }
    }

    @Test func theFrameCannotRunAnything() async throws {
        try await RunningPortal.with { portal in
            let frame = try await portal.get("/frame").text
            #expect(!frame.contains("<script") && frame.contains("id=\"letter\""))
            let script = try await portal.get("/assets/frame.js").text
            #expect(script.contains(#"const SANDBOX = "allow-same-origin allow-popups";"#))
            #expect(script.contains(#"setAttribute("sandbox", sandbox)"#) && !script.contains("allow-scripts"))
        }
    }
}
