// Answers with the headers of the admin page, and the reading of queries and forms. Nothing here trusts what it reads.

import HTTPTypes
import Hummingbird
import Mail
import NIOCore
import Wording

/// Answers.
enum Answers {
    /// No script but ours, no style but ours, nothing from anywhere else, nobody's frame.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
        + "trusted-types 'none'"

    private static let always: [(HTTPField.Name?, String)] = [
        (.init("Cache-Control"), "no-store"),
        (.init("Referrer-Policy"), "no-referrer"),
        (.init("X-Content-Type-Options"), "nosniff"),
        (.init("X-Frame-Options"), "DENY"),
        (.init("Cross-Origin-Opener-Policy"), "same-origin"),
        (.init("Cross-Origin-Embedder-Policy"), "require-corp"),
        (.init("Cross-Origin-Resource-Policy"), "same-origin"),
        (.init("X-Robots-Tag"), "noindex, nofollow"),
        (
            .init("Permissions-Policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=(), browsing-topics=()"
        ),
    ]

    static func page(_ markup: Markup, _ words: Words, status: HTTPResponse.Status = .ok) -> Response {
        make(
            status, "text/html; charset=utf-8", ByteBuffer(string: markup.text),
            [(.contentLanguage, words.language.rawValue), (.vary, "Accept-Language, Cookie")])
    }

    static func plain(_ status: HTTPResponse.Status, _ text: String) -> Response {
        make(
            status, "text/plain; charset=utf-8", ByteBuffer(string: text),
            status == .methodNotAllowed ? [(.allow, "GET, HEAD")] : [])
    }

    static func asset(_ asset: Assets.File) -> Response { make(.ok, asset.type, ByteBuffer(bytes: asset.bytes), []) }

    /// Go and look there.
    static func see(_ path: String, cookie: String? = nil) -> Response {
        make(
            .seeOther, "text/plain; charset=utf-8", ByteBuffer(),
            [(.location, path)] + (cookie.map { [(.setCookie, $0)] } ?? []))
    }

    static func withoutBody(_ response: Response) -> Response {
        Response(status: response.status, headers: response.headers, body: .init())
    }

    private static func make(
        _ status: HTTPResponse.Status, _ type: String, _ body: ByteBuffer, _ more: [(HTTPField.Name, String)]
    ) -> Response {
        var headers: HTTPFields = [
            .contentType: type, .contentSecurityPolicy: policy, .contentLength: "\(body.readableBytes)",
        ]
        for case (let name?, let value) in always { headers[name] = value }
        for (name, value) in more { headers[name] = value }
        return Response(status: status, headers: headers, body: .init(byteBuffer: body))
    }
}

/// Files of the page, inside the program.
enum Assets {
    struct File: Sendable {
        let type: String
        let bytes: [UInt8]
    }

    /// By path.
    static let files: [String: File] = [
        "/assets/admin.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.admin_css),
        "/assets/admin.js": File(type: "text/javascript; charset=utf-8", bytes: PackageResources.admin_js),
        "/assets/mark.svg": File(type: "image/svg+xml", bytes: PackageResources.mark_svg),
    ]
}

/// What a path asks for besides.
struct Query: Sendable {
    /// From 1.
    let page: Int
    /// A word of ours, or something else that nothing matches.
    let show: String

    init(_ request: Request) {
        page = request.uri.queryParameters["page"].flatMap { Int($0) }.map { min(max($0, 1), 1_000_000) } ?? 1
        show = request.uri.queryParameters["show"].map { String($0.prefix(20)) } ?? ""
    }

    init(page: Int = 1, show: String = "") {
        self.page = page
        self.show = show
    }
}

/// The fields of a form (application/x-www-form-urlencoded); the first of each name counts, malformed ones are left
/// out.
struct Form: Sendable {
    private var fields: [String: String] = [:]

    init(_ buffer: ByteBuffer) {
        for pair in buffer.readableBytesView.split(separator: UInt8(ascii: "&")).prefix(50) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first.flatMap({ Self.decode($0) }), fields[name] == nil else { continue }
            fields[name] = parts.count == 2 ? Self.decode(parts[1]) : ""
        }
    }

    subscript(_ name: String) -> String? { fields[name] }

    private static func decode(_ octets: some Sequence<UInt8>) -> String? {
        var out: [UInt8] = []
        var iterator = octets.makeIterator()
        while let octet = iterator.next() {
            switch octet {
            case UInt8(ascii: "+"): out.append(32)
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hex), let low = iterator.next().flatMap(hex) else {
                    return nil
                }
                out.append(high << 4 | low)
            default: out.append(octet)
            }
        }
        return String(validating: out, as: UTF8.self)
    }

    private static func hex(_ octet: UInt8) -> UInt8? {
        switch octet {
        case 48...57: octet - 48
        case 65...70: octet - 55
        case 97...102: octet - 87
        default: nil
        }
    }
}
