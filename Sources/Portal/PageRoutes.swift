// Pages and files: GET and HEAD only, nothing is looked up and nothing changes, so link scanners may follow links.

import HTTPTypes
import Hummingbird
import Mail
import NIOCore
import Wording

/// Routes of the pages.
struct PageRoutes: Sendable {
    let pages: Pages
    /// Of visitors who ask for no language that we speak.
    let language: Language
    private let assets: [String: PackedBody]

    init(pages: Pages, language: Language) {
        self.pages = pages
        self.language = language
        assets = pages.assets.mapValues { PackedBody($0.bytes) }
    }

    func add(to router: Router<BasicRequestContext>) {
        router.get("/") { [help = pages.help.mapValues(PackedBody.init)] request, _ in page(help, request) }
        let named = [
            "l": pages.letter.mapValues(PackedBody.init), "control": pages.control.mapValues(PackedBody.init),
            "confirm": pages.confirm.mapValues(PackedBody.init),
        ]
        // What a mail system has put behind an address is no other page.
        for (path, name) in [("/l/:id", "l"), ("/control", "control"), ("/confirm", "confirm")] {
            for path in [path, "\(path)/**"] {
                router.get(RouterPath(path)) { request, _ in page(named[name] ?? [:], request) }
            }
        }
        router.get("/frame") { _, _ in
            Response(
                status: .ok,
                headers: [
                    .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: SecurityHeaders.frame,
                ],
                body: .init(byteBuffer: pages.frame))
        }
        router.get("/assets/:file") { request, context in try asset(request, context) }
        router.get("/**") { [missing = pages.missing.mapValues(PackedBody.init)] request, _ in
            // The page itself finds out what such an address was before a mail system wrote it anew.
            if let name = Self.rewrittenName(request.uri.path), let found = named[name] { return page(found, request) }
            return page(missing, request, status: .notFound)
        }
    }

    /// The page that an address was for before a mail system wrote it anew: `//l/…`, `/l/…/`, `/confirm%23…`, `/l%2F…`.
    /// - Returns: the first word of the path where something that is no letter stands behind it; else nil.
    static func rewrittenName(_ path: String) -> String? {
        let bare = path.utf8.drop { $0 == UInt8(ascii: "/") }
        let word = bare.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        let rest = bare.dropFirst(word.count)
        let isBehind = rest.contains { ![UInt8(ascii: "/"), UInt8(ascii: ".")].contains($0) }
        return word.isEmpty || (String(word) == "l" && !isBehind) ? nil : String(word)
    }

    private func page(
        _ versions: [Language: PackedBody], _ request: Request, status: HTTPResponse.Status = .ok
    ) -> Response {
        let asked = request.uri.queryParameters["lang"].map(String.init)
        let language = Language.choose(
            asked: asked, accepted: request.headers[.acceptLanguage], fallback: self.language)
        let headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .contentLanguage: language.rawValue,
            .vary: "Accept-Language, Accept-Encoding", .contentSecurityPolicy: pages.policy,
        ]
        return answer(versions[language], request, status, headers)
    }

    private func answer(
        _ body: PackedBody?, _ request: Request, _ status: HTTPResponse.Status, _ headers: HTTPFields
    ) -> Response {
        var headers = headers
        let (bytes, encoding) = body?.body(accepting: request.headers[.acceptEncoding]) ?? (ByteBuffer(), nil)
        if let encoding { headers[.contentEncoding] = encoding }
        return Response(status: status, headers: headers, body: .init(byteBuffer: bytes))
    }

    private func asset(_ request: Request, _ context: BasicRequestContext) throws -> Response {
        guard let name = context.parameters.get("file"), let asset = pages.assets[name] else {
            throw RequestFailure(status: .notFound)
        }
        var headers: HTTPFields = [.contentType: asset.mediaType, .vary: "Accept-Encoding"]
        if request.uri.queryParameters["v"].map(String.init) == pages.versions[name] {
            headers[.cacheControl] = "public, max-age=31536000, immutable, no-transform"
        }
        if let policy = asset.policy { headers[.contentSecurityPolicy] = policy }
        return answer(assets[name], request, .ok, headers)
    }
}
