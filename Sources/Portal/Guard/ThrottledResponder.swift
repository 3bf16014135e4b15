// The layer that says "later": before a request is looked at, its network's buckets are asked; after it, what it was is
// counted. Nothing here depends on the letter that is asked for, so the answer is the same for every id.
//
// A guess is any request (but GET and HEAD, which change and tell nothing) that is answered 403 or 404: a wrong proof,
// an id that is not there. Nothing is stretched for it here: the store compares one hash.

import HTTPTypes
import Hummingbird
import Logging
import Mail
import NIOCore
import SettingValues

/// Wraps the router.
struct ThrottledResponder<Inner: HTTPResponder>: HTTPResponder where Inner.Context == BasicRequestContext {
    typealias Context = PortalContext

    let inner: Inner
    let throttle: Throttle
    let trustedPeers: PeerList
    let forwardedField: PortalSettings.ForwardedField
    let logger: Logger

    func respond(to request: Request, context: PortalContext) async throws -> Response {
        let network = ClientNetwork(client(request, context))
        let begin = ContinuousClock.now
        let reads = request.method == .get || request.method == .head
        if let busy = throttle.refuses(network, isRead: reads) {
            if busy.isFirst {
                logger.notice("a network has to wait", metadata: ["for": "\(busy.kind)", "network": "\(network)"])
            }
            return try BusyAnswer.response(seconds: busy.seconds)
        }
        if reads { return try await inner.respond(to: request, context: context.plain) }
        let response = try await ClientNetwork.$asking.withValue(network) {
            try await answered(counting(request, network), context)
        }
        if response.status == .forbidden || response.status == .notFound { throttle.chargeGuess(network) }
        if response.status == .notFound { try? await Task.sleep(until: begin + Self.leastTime, clock: .continuous) }
        return response
    }

    /// What is not there is answered after so long at least, whatever was looked up for it: an id that expired costs a
    /// few steps more in the index than one that never was.
    private static var leastTime: Duration { .milliseconds(20) }

    private func answered(_ request: Request, _ context: PortalContext) async throws -> Response {
        do {
            return try await inner.respond(to: request, context: context.plain)
        } catch let failure as RequestFailure {
            return failure.response
        }
    }

    /// The request with a body that is counted as it comes.
    private func counting(_ request: Request, _ network: ClientNetwork) -> Request {
        var counted = request
        counted.body = RequestBody(
            asyncSequence: request.body.map { [throttle] piece in
                throttle.chargeUpload(network, bytes: piece.readableBytes)
                return piece
            })
        return counted
    }

    private func client(_ request: Request, _ context: PortalContext) -> String {
        guard !trustedPeers.isEmpty else { return context.peer }
        guard let name = HTTPField.Name(forwardedField.rawValue) else { return context.peer }
        return ForwardedAddress.client(
            peer: context.peer, values: request.headers[values: name], field: forwardedField, trusted: trustedPeers)
    }
}

/// `{"error":"busy","seconds":n}`.
struct BusyAnswer: Encodable {
    let error = "busy"
    let seconds: Int

    static func response(seconds: Int) throws -> Response {
        var response = try LetterWire.response(.tooManyRequests, BusyAnswer(seconds: seconds))
        response.headers[.retryAfter] = "\(seconds)"
        return response
    }

    private enum CodingKeys: CodingKey { case error, seconds }
}
