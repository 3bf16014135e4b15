// The preview's own pages: a menu of every view and mail in every language, and the mails. For the person who sets the
// page up, so in English; served on loopback, over a store that goes away with the program.

import HTTPTypes
import Hummingbird
import Mail
import NIOCore
import Wording

/// Routes under `/preview`.
struct PreviewRoutes: Sendable {
    let letters: PreviewLetter
    let mails: [PreviewMail]
    /// Why there are none, if so.
    let mailsMissing: String?
    let nowSeconds: @Sendable () -> Int64

    func add(to router: Router<BasicRequestContext>) {
        router.get("/preview") { _, _ in try await menu() }
        router.get("/preview/resting/:lang") { _, context in try await resting(context.parameters.get("lang") ?? "en") }
        router.get("/preview/mail/:number") { _, context in
            let mail = try mail(context)
            return Self.answer(mail.html ?? "", type: "text/html", policy: Self.mailPolicy)
        }
        router.get("/preview/text/:number") { _, context in
            let mail = try mail(context)
            let head = "From: \(mail.from)\nSubject: \(mail.subject)\n\n"
            return Self.answer(head + mail.text, type: "text/plain", policy: SecurityHeaders.nothing)
        }
    }

    /// As a mail program shows it: inline style, nothing else.
    private static let mailPolicy =
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

    private static let menuPolicy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"

    private static func answer(_ text: String, type: String, policy: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "\(type); charset=utf-8", .contentSecurityPolicy: policy],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private func mail(_ context: BasicRequestContext) throws -> PreviewMail {
        guard let number = context.parameters.get("number").flatMap({ Int($0) }), mails.indices.contains(number) else {
            throw RequestFailure(status: .notFound)
        }
        return mails[number]
    }

    /// A new letter, five wrong guesses, and off to its page: the rest begins now.
    private func resting(_ language: String) async throws -> Response {
        guard let language = Language(rawValue: language) else { throw RequestFailure(status: .notFound) }
        let letter = try await letters.makeResting(nowSeconds: nowSeconds())
        return Response(
            status: .seeOther, headers: [.location: "/l/\(letter.id)?lang=\(language.rawValue)#\(letter.secret)"])
    }

    // MARK: - The menu

    private func menu() async throws -> Response {
        let letter = try await letters.make(nowSeconds: nowSeconds())
        let rows = Language.allCases.map { language in
            let code = language.rawValue
            let views = [
                ("password", "/l/\(letter.id)?lang=\(code)#\(letter.secret)"),
                ("code is missing", "/l/\(letter.id)?lang=\(code)"),
                ("resting", "/preview/resting/\(code)"),
                ("gone", "/l/AAAAAAAAAAAAAAAAAAAAAA?lang=\(code)#\(letter.secret)"),
                ("front page", "/?lang=\(code)"), ("unknown address", "/nowhere?lang=\(code)"),
            ]
            let links = views.map { "<a href=\"\(PageTexts.escape($0.1))\">\($0.0)</a>" } + mailLinks(code)
            return "<dt>\(language.ownName)</dt><dd>\(links.joined(separator: " · "))</dd>"
        }
        let note = mailsMissing.map { "<p class=\"hint\">\(PageTexts.escape($0))</p>" } ?? ""
        let page = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" \
            content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark"><title>Preview</title>
            <link rel="stylesheet" href="/assets/portal.css"></head>
            <body><main><h1>Preview</h1>
            <div class="card"><p>Every view of the page and every mail, with the settings' name, logo and colour. The \
            sample letter opens with this password; anything else shows what a wrong one does. A resting letter says \
            so when a password is typed:</p>
            <p class="countdown" id="sample-password">\(letter.password)</p>\(note)</div>
            <div class="card"><dl class="fields">\(rows.joined())</dl></div>
            </main></body></html>
            """
        return Self.answer(page, type: "text/html", policy: Self.menuPolicy)
    }

    private func mailLinks(_ language: String) -> [String] {
        mails.enumerated().filter { $0.element.language == language }.map { number, mail in
            let html = mail.html == nil ? "" : " (<a href=\"/preview/mail/\(number)\">HTML</a>)"
            return "<a href=\"/preview/text/\(number)\">\(PageTexts.escape(mail.kind))</a>\(html)"
        }
    }
}
