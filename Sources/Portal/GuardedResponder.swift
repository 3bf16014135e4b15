// The outermost layer: every answer, also to an error or an unknown path, gets the security headers here, every
// failure becomes a plain JSON or HTML answer without detail, and one line goes to the log. The line holds method,
// route template and status: no path (it names a letter), no query, no field, no body.

import HTTPTypes
import Hummingbird
import Logging
import Mail
import NIOCore

/// Wraps the router.
struct GuardedResponder<Inner: HTTPResponder>: HTTPResponder where Inner.Context == PortalContext {
    typealias Context = Inner.Context

    let inner: Inner
    let configuration: PortalConfiguration
    let logger: Logger

    func respond(to request: Request, context: Context) async throws -> Response {
        var response: Response
        do {
            response = try await inner.respond(to: request, context: context)
        } catch let failure as RequestFailure {
            response = failure.response
        } catch {
            // unreachable as far as known: every cause of the routes is turned into a RequestFailure
            logger.error("request failed", metadata: ["cause": "\(type(of: error))"])
            response = RequestFailure.internalError.response
        }
        if response.status.code >= 400, response.headers[.contentType] == nil {
            response = RequestFailure(status: response.status).response
        }
        SecurityHeaders.add(to: &response.headers, isSecure: isSecure(request, context))
        logger.info(
            "answered",
            metadata: [
                "method": "\(Self.knownMethod(request.method))", "route": "\(context.endpointPath ?? "none")",
                "status": "\(response.status.code)",
            ])
        return response
    }

    /// By our own TLS, behind an https address, or where a trusted proxy says so.
    private func isSecure(_ request: Request, _ context: Context) -> Bool {
        if configuration.tls != nil || configuration.isPublicHTTPS { return true }
        guard let name = HTTPField.Name("X-Forwarded-Proto") else { return false }
        return configuration.trustedPeers.contains(context.peer) && request.headers[name]?.lowercased() == "https"
    }

    private static func knownMethod(_ method: HTTPRequest.Method) -> String {
        let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .delete, .options, .patch, .trace, .connect]
        return known.contains(method) ? method.rawValue : "other"
    }
}

/// The headers of every answer.
enum SecurityHeaders {
    /// CSP of what is no page: nothing at all.
    static let nothing = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    /// CSP of the pages. `blob:` pictures are those inside a letter. Text becomes markup by one named policy only
    /// (Assets/sanitise.js), where the browser knows Trusted Types.
    /// - Parameter importMap: the CSP source of the page's import map.
    static func page(importMap: String) -> String {
        "default-src 'none'; script-src 'self' \(importMap); style-src 'self'; img-src 'self' data: blob:; "
            + "connect-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types letterlock"
    }
    /// CSP of the document that holds a letter's HTML: no script, nothing from anywhere; the only one that allows
    /// inline style, because letters are made of it.
    static let frame =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'self'; "
        + "base-uri 'none'; form-action 'none'"

    /// CSP of the logo, which may be SVG: it is a picture and nothing else.
    static let picture = "sandbox; default-src 'none'; style-src 'unsafe-inline'"

    private static let always: [(HTTPField.Name?, String)] = [
        (.init("Cache-Control"), "no-store, no-transform"),
        (.init("Referrer-Policy"), "no-referrer"),
        (.init("X-Content-Type-Options"), "nosniff"),
        (.init("Cross-Origin-Opener-Policy"), "same-origin"),
        (.init("Cross-Origin-Embedder-Policy"), "require-corp"),
        (.init("Cross-Origin-Resource-Policy"), "same-origin"),
        (.init("X-Robots-Tag"), "noindex, nofollow"),
        (.init("X-DNS-Prefetch-Control"), "off"),
        (
            .init("Permissions-Policy"),
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
                + "microphone=(), midi=(), payment=(), usb=(), interest-cohort=(), browsing-topics=()"
        ),
    ]

    /// Adds them; a CSP that the route has set stays, and how long a file of the pages may be kept.
    /// - Parameter isSecure: true where the browser came by https: it is told to do so always.
    static func add(to headers: inout HTTPFields, isSecure: Bool) {
        if isSecure, let name = HTTPField.Name("Strict-Transport-Security") { headers[name] = "max-age=31536000" }
        let kept = headers[.cacheControl]
        for case (let name?, let value) in always { headers[name] = value }
        if let kept { headers[.cacheControl] = kept }
        if headers[.contentSecurityPolicy] == nil { headers[.contentSecurityPolicy] = nothing }
    }
}

/// An answer that is not the one asked for. Says nothing about its cause beyond the word.
struct RequestFailure: Error {
    let status: HTTPResponse.Status
    /// The word in `{"error": …}`.
    let word: String
    /// Seconds for Retry-After.
    let retrySeconds: Int?

    init(_ status: HTTPResponse.Status, _ word: String, retrySeconds: Int? = nil) {
        self.status = status
        self.word = word
        self.retrySeconds = retrySeconds
    }

    /// For what the router itself refuses.
    init(status: HTTPResponse.Status) {
        self.init(status, status == .notFound ? "not-found" : "refused")
    }

    static let badRequest = RequestFailure(.badRequest, "bad-request")
    static let tooLarge = RequestFailure(.contentTooLarge, "too-large")
    static let unavailable = RequestFailure(.serviceUnavailable, "unavailable", retrySeconds: 5)
    static let internalError = RequestFailure(.internalServerError, "internal")
    /// The one answer for unknown, expired, revoked and not yet readable letters.
    static let gone = RequestFailure(.notFound, "gone")

    /// Not the letter's link: the code is wrong, and nothing has been counted on the letter.
    static let code = RequestFailure(.forbidden, "code")

    var response: Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let retrySeconds { headers[.retryAfter] = "\(retrySeconds)" }
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: "{\"error\":\"\(word)\"}")))
    }
}
