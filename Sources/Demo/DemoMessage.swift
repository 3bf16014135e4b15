// The five messages of the demo.

import Foundation

/// One message that is sent, and what it shows.
struct DemoMessage {
    let title: String
    let recipients: [String]
    let text: String

    static let sender = "alice@example.org"
    static let bob = "bob@partner.example"
    static let dora = "dora@partner.example"
    static let carol = "carol@home.example"

    static let all: [DemoMessage] = [
        DemoMessage(
            title: "To Bob, who has a key", recipients: [bob],
            text: message(
                to: "Bob <\(bob)>", subject: "[secure] Results of 12 November",
                body: "Dear Bob,\r\n\r\nall values are normal. Détails en pièce jointe.\r\n\r\nAlice",
                attachment: "values.csv")),
        DemoMessage(
            title: "To Carol, who has no key", recipients: [carol],
            text: message(
                to: "Carol <\(carol)>", subject: "[secure] Your appointment",
                body:
                    "Dear Carol,\r\n\r\nplease come on Tuesday at ten, and bring the letter from Dr. Brown.\r\n\r\n"
                    + "Alice",
                attachment: nil)),
        DemoMessage(
            title: "To Bob, and blind to Dora", recipients: [bob, dora],
            text: message(
                to: "Bob <\(bob)>", subject: "[secure] Minutes", body: "The minutes of yesterday.", attachment: nil,
                extra: "Bcc: Dora <\(dora)>\r\n")),
        DemoMessage(
            title: "A card number to a stranger", recipients: ["shop@stranger.example"],
            text: message(
                to: "shop@stranger.example", subject: "Order 4711",
                body: "Please charge my card 4111 1111 1111 1111, thank you.", attachment: nil)),
        DemoMessage(
            title: "A program as attachment", recipients: ["dave@friend.example"],
            text: message(
                to: "dave@friend.example", subject: "A nice game", body: "Have fun!",
                attachment: "game.exe")),
    ]

    /// Now, as RFC 5322 section 3.3 writes it.
    private static func today() -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "EEE, d MMM yyyy HH:mm:ss Z"
        return format.string(from: Date())
    }

    private static func message(to: String, subject: String, body: String, attachment: String?, extra: String = "")
        -> String
    {
        let head = """
            From: Alice Example <\(sender)>\r
            To: \(to)\r
            \(extra)Subject: \(subject)\r
            Date: \(today())\r
            Message-ID: <\(subject.utf8.reduce(5381) { ($0 &* 33) & 0xffff_ffff ^ Int($1) })@client.example.org>\r
            MIME-Version: 1.0\r

            """
        let text = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\(body)\r\n"
        guard let attachment else { return head + text }
        return """
            \(head)Content-Type: multipart/mixed; boundary="demo-boundary"\r
            \r
            --demo-boundary\r
            \(text)\r
            --demo-boundary\r
            Content-Type: application/octet-stream; name="\(attachment)"\r
            Content-Disposition: attachment; filename="\(attachment)"\r
            Content-Transfer-Encoding: base64\r
            \r
            dmFsdWU7dW5pdDtub3JtYWwKNS4xO21tb2wvbDt5ZXMK\r
            --demo-boundary--\r

            """
    }
}
