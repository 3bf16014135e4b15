// Messages as programs really write them, a little off the standards: every one must pass the shipped policy. Each is
// read as mail programs read it.

/// One message of an odd shape.
struct Shape: Sendable, CustomStringConvertible {
    let description: String
    let text: String

    /// A message with these header fields behind the usual ones.
    init(_ name: String, header: String = "", type: String, body: String = "Lunch?\n") {
        description = name
        text = "\(Self.usual)Subject: Lunch on Thursday\n\(header)MIME-Version: 1.0\nContent-Type: \(type)\n\n\(body)"
    }

    /// A message of a text and a second part with these header fields.
    init(_ name: String, part: String, body: String = Shape.picture, type: String = "multipart/mixed; boundary=\"mm\"")
    {
        self.init(
            name, type: type,
            body:
                """
                --mm
                Content-Type: text/plain; charset=utf-8

                See the attachment.
                --mm
                \(part)

                \(body)
                --mm--

                """
        )
    }

    /// Raw.
    init(_ name: String, whole: String) {
        description = name
        text = Self.usual + whole
    }

    static let usual =
        "From: Alice <alice@example.org>\nTo: Carol <carol@elsewhere.example>\nDate: Mon, 30 Nov 2026 10:00:00 +0000\n"
        + "Message-ID: <1@example.org>\n"
    /// The beginning of a PNG file in base64.
    static let picture = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAACXBIWXMAAAsTAAALEwEAmpwYAAAA"
    /// A message in base64: `From: Dan`, `Subject: noon?`, `Shall we meet at noon?`.
    static let encodedMessage =
        "RnJvbTogRGFuIDxkYW5AZWxzZXdoZXJlLmV4YW1wbGU+DQpUbzogYWxpY2VAZXhhbXBsZS5vcmcN\n"
        + "ClN1YmplY3Q6IG5vb24/DQoNClNoYWxsIHdlIG1lZXQgYXQgbm9vbj8NCg=="
    static let message = "From: Dan <dan@elsewhere.example>\nSubject: noon?\n\nShall we meet at noon?"
}

enum EverydayShapes {
    static let all = names + parameters + encodings + headers + messages + reports

    private static let base64 = "Content-Transfer-Encoding: base64"
    private static func named(_ disposition: String, type: String = "image/png") -> String {
        "Content-Type: \(type)\nContent-Disposition: attachment; \(disposition)\n\(base64)"
    }

    static let names: [Shape] = [
        Shape(
            "an unquoted name with blanks",
            part: named("filename=Team photo.png", type: "image/png; name=Team photo.png")),
        Shape("a name twice the same", part: named("filename=\"photo.png\"; filename=\"photo.png\"")),
        Shape("an encoded name twice the same", part: named("filename*=utf-8''photo.png; filename*=utf-8''photo.png")),
        Shape("names with different endings", part: named("filename=\"photo.png\"", type: "image/png; name=\"photo\"")),
        Shape("a Windows path", part: named(#"filename="C:\Users\Alice\new\photo.png""#)),
        Shape("a name with a semicolon", part: named("filename=photo;1.png")),
        Shape("a name whose quotes are not closed", part: named("filename=\"photo.png")),
        Shape("a comment behind a name", part: named("filename=\"photo.png\" (made today)")),
        Shape("a name in an unknown charset", part: named("filename*=x-unknown''photo%E9.png")),
        Shape("an encoded word in pieces of a name", part: named("filename*0=\"=?UTF-8?B?cGhvdG8ucG5n?=\"")),
        Shape("pieces of a name that do not begin at 0", part: named("filename*1=photo; filename*2=.png")),
        Shape("a raw 8-bit name", part: named("filename=\"photo é.png\"")),
        Shape(
            "a disposition without a semicolon",
            part: named("filename=photo.png").replacing("attachment;", with: "attachment")),
        Shape(
            "two dispositions",
            part: named("filename=photo.png") + "\nContent-Disposition: inline; filename=photo.png"),
    ]

    static let parameters: [Shape] = [
        Shape(
            "blanks around the boundary's =", part: named("filename=photo.png"),
            type: "multipart/mixed; boundary = \"mm\""),
        Shape(
            "a blank before the boundary", part: named("filename=photo.png"),
            type: "multipart/mixed; boundary= \"mm\""),
        Shape(
            "the boundary twice the same", part: named("filename=a.png"),
            type: "multipart/mixed; boundary=mm; boundary=\"mm\""),
        Shape(
            "a comment behind the boundary", part: named("filename=a.png"), type: "multipart/mixed; boundary=\"mm\" (x)"
        ),
        Shape("a comment behind the type", part: named("filename=a.png"), type: "multipart/mixed (mail); boundary=mm"),
        Shape("no semicolon before the boundary", part: named("filename=a.png"), type: "multipart/mixed boundary=mm"),
        Shape("a semicolon at the end", part: named("filename=a.png"), type: "multipart/mixed; boundary=mm;;"),
        Shape("junk among the parameters", part: named("filename=a.png"), type: "multipart/mixed; junk; boundary=mm"),
        Shape("a type without a subtype", type: "text"),
        Shape("a type without a subtype, with a charset", type: "text; charset=utf-8"),
        Shape("an empty type", type: ""),
        Shape("a type in quotes", type: "\"text/plain\""),
        Shape("a charset with a comment", type: "text/plain; charset=us-ascii (plain text)"),
        Shape("a charset twice the same", type: "text/plain; charset=utf-8; charset=UTF-8"),
        Shape("the same type twice", header: "Content-Type: text/plain\n", type: "text/plain"),
        Shape(
            "a type that is none",
            part: "Content-Type: image\nContent-Disposition: attachment; filename=a.png\n\(base64)"),
    ]

    static let encodings: [Shape] = [
        Shape("8bits", header: "Content-Transfer-Encoding: 8bits\n", type: "text/plain; charset=utf-8"),
        Shape("7bit;", header: "Content-Transfer-Encoding: 7bit;\n", type: "text/plain"),
        Shape("utf-8 as encoding", header: "Content-Transfer-Encoding: utf-8\n", type: "text/plain; charset=utf-8"),
        Shape("an empty encoding", header: "Content-Transfer-Encoding:\n", type: "text/plain"),
        Shape(
            "quoted base64", header: "Content-Transfer-Encoding: \"base64\"\n", type: "text/plain", body: "THVuY2g/\n"),
        Shape(
            "7bit and 8bit", header: "Content-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: 7bit\n",
            type: "text/plain"),
        Shape(
            "a multipart that says base64",
            whole: "Subject: a\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=mm\n\(base64)\n\n"
                + "--mm\n\nHello\n--mm--\n"),
        Shape(
            "a multipart that says quoted-printable",
            whole: "Subject: a\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=mm\n"
                + "Content-Transfer-Encoding: quoted-printable\n\n--mm\n\nHello\n--mm--\n"),
    ]

    static let headers: [Shape] = [
        Shape("a fold of blanks only", header: "References: <a@x.example>\n \n <b@x.example>\n", type: "text/plain"),
        Shape(
            "a subject folded with a line of blanks",
            whole: "Subject: Lunch\n \t \n on Thursday\nMIME-Version: 1.0\nContent-Type: text/plain\n\nLunch?\n"),
        Shape(
            "a fold of blanks before a multipart",
            whole:
                """
                Subject: Lunch
                 \nMIME-Version: 1.0
                Content-Type: multipart/mixed; boundary=mm

                --mm

                Hello
                --mm--

                """
        ),
        Shape("a blank before the colon", header: "X-Priority : 3\n", type: "text/plain"),
        Shape("a blank before the colon of the type", whole: "Subject: a\nContent-Type : text/plain\n\nLunch?\n"),
        Shape("a line that is no field", header: "this is no field\n", type: "text/plain"),
        Shape("an mbox line", whole: "Subject: a\n\nLunch?\n".replacing("Subject", with: ">From alice\nSubject")),
    ]

    static let messages: [Shape] = [
        Shape(
            "an attached message in base64", part: named("filename=noon.eml", type: "message/rfc822; name=noon.eml"),
            body: Shape.encodedMessage),
        Shape(
            "an attached message in quoted-printable",
            part: "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable",
            body: "Subject: caf=C3=A9\nContent-Type: text/plain; charset=3Dutf-8\n\nAt noon=3F Yes, I wrote =\nthat."
                .replacing("charset=3D", with: "charset=3D")),
        Shape(
            "an attached message that says base64 and is plain", part: "Content-Type: message/rfc822\n\(base64)",
            body: Shape.message),
    ]

    private static func report(_ returned: String, status: String = "message/delivery-status") -> String {
        "Subject: Undelivered\nMIME-Version: 1.0\n"
            + "Content-Type: multipart/report; report-type=delivery-status; boundary=\"mm\"\n\n"
            + "--mm\n\nIt could not be delivered.\n--mm\nContent-Type: \(status)\n\n"
            + "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; bob@example.org\nAction: failed\n"
            + "Status: 5.1.1\n\n"
            + "--mm\n\(returned)\n--mm--\n"
    }
    static let reports: [Shape] = [
        Shape("a report with the whole message", whole: report("Content-Type: message/rfc822\n\n\(Shape.message)\n")),
        Shape(
            "a report with a header",
            whole: report("Content-Type: text/rfc822-headers\n\nSubject: noon?\nFrom: Dan <dan@x.example>\n")),
        Shape(
            "a report with the header of a multipart",
            whole: report(
                "Content-Type: message/rfc822\n\nSubject: noon?\nMIME-Version: 1.0\n"
                    + "Content-Type: multipart/mixed; boundary=\"gone\"\n\n")),
        Shape(
            "a report with the header of a multipart without a boundary",
            whole: report("Content-Type: message/rfc822\n\nSubject: noon?\nContent-Type: multipart/alternative\n\n")),
        Shape(
            "a feedback report",
            whole: report("Content-Type: message/rfc822\n\n\(Shape.message)\n", status: "message/feedback-report")),
        Shape(
            "a receipt",
            whole: report(
                "Content-Type: text/rfc822-headers\n\nSubject: x\n", status: "message/disposition-notification")),
    ]
}
