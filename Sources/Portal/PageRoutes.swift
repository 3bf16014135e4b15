// Pages and files: GET and HEAD only, nothing is looked up and nothing changes, so link scanners may follow links.

import HTTPTypes
import Hummingbird
import NIOCore
import Wording

/// Routes of the pages.
struct PageRoutes: Sendable {
    let pages: Pages
    /// Of visitors who ask for no language that we speak.
    let language: Language

    func add(to router: Router<BasicRequestContext>) {
        router.get("/") { request, _ in page(pages.help, request) }
        router.get("/l/:id") { request, _ in page(pages.letter, request) }
        router.get("/control") { request, _ in page(pages.control, request) }
        router.get("/frame") { _, _ in
            Response(
                status: .ok,
                headers: [
                    .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: SecurityHeaders.frame,
                ],
                body: .init(byteBuffer: pages.frame))
        }
        router.get("/assets/:file") { _, context in try asset(context) }
        router.get("/**") { request, _ in page(pages.missing, request, status: .notFound) }
    }

    private func page(
        _ versions: [Language: ByteBuffer], _ request: Request, status: HTTPResponse.Status = .ok
    ) -> Response {
        let asked = request.uri.queryParameters["lang"].map(String.init)
        let language = Language.choose(
            asked: asked, accepted: request.headers[.acceptLanguage], fallback: self.language)
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .contentLanguage: language.rawValue,
                .vary: "Accept-Language", .contentSecurityPolicy: pages.policy,
            ],
            body: .init(byteBuffer: versions[language] ?? ByteBuffer()))
    }

    private func asset(_ context: BasicRequestContext) throws -> Response {
        guard let name = context.parameters.get("file"), let asset = pages.assets[name] else {
            throw RequestFailure(status: .notFound)
        }
        var headers: HTTPFields = [.contentType: asset.mediaType]
        if let policy = asset.policy { headers[.contentSecurityPolicy] = policy }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: asset.bytes))
    }
}
