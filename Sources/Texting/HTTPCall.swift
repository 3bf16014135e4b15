// One POST to the hook's URL: a connection of its own, the certificate verified, redirects not followed (any status but
// 2xx is a failure), the answer's body not read. HTTP/1.1 by SwiftNIO. Fails by TextFailure, whose words name no
// secret. Source: RFC 9110, RFC 9112.

import Foundation
import Mail
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SettingValues

/// One request.
struct HTTPCall {
    let hook: TextHook
    let url: String

    private static let mostHeaderBytes = 16_384
    private static let ownFields: Set<String> = [
        "host", "content-length", "content-type", "transfer-encoding", "connection", "expect", "upgrade", "te",
        "trailer",
    ]

    func run(_ message: TextMessage, group: any EventLoopGroup, within time: Duration) async throws(TextFailure) {
        guard let parts = URLComponents(string: url), let written = parts.host, let scheme = parts.scheme?.lowercased(),
            ["https", "http"].contains(scheme)
        else { throw TextFailure("the URL of the hook is none", again: false) }
        let host = written.trimmingCharacters(in: ["[", "]"])
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        let body = TextTemplate.filled(hook, message)
        var target = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        if let query = parts.percentEncodedQuery { target += "?\(query)" }
        var headers = HTTPHeaders([
            ("Host", parts.port == nil ? written : "\(written):\(port)"), ("Content-Type", mediaType),
            ("Content-Length", "\(body.utf8.count)"), ("User-Agent", "Letterlock"), ("Accept", "*/*"),
            ("Connection", "close"),
        ])
        for (name, value) in try secretFields() { headers.add(name: name, value: value) }
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target, headers: headers)
        let tls = scheme == "https" ? try context() : nil
        let milliseconds = time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000
        let limit = TimeAmount.milliseconds(max(1, milliseconds))
        let status: Int
        do {
            let loop = group.any()
            let promise = loop.makePromise(of: Int.self)
            let bootstrap = ClientBootstrap(group: loop).connectTimeout(limit).channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        let name = Self.isAddress(host) ? nil : host
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(StatusHandler(head: head, body: body, limit: limit, promise: promise))
                }
            }
            do {
                _ = try await bootstrap.connect(host: host, port: port).get()
            } catch {
                promise.fail(error)
            }
            status = try await promise.futureResult.get()
        } catch let failure as TextFailure {
            throw failure
        } catch {
            throw TextFailure("calling the hook: \(Self.words(error))")
        }
        guard !(200...299).contains(status) else { return }
        // What the request itself is blamed for does not get better by being said again.
        let isFinal = (300...499).contains(status) && status != 408 && status != 429
        throw TextFailure("the hook answered \(status)", again: !isFinal)
    }

    private var mediaType: String {
        hook.contentType == "application/x-www-form-urlencoded"
            ? hook.contentType : "\(hook.contentType); charset=utf-8"
    }

    private func context() throws(TextFailure) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        if let file = hook.caFile { configuration.trustRoots = .file(file) }
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw TextFailure("preparing TLS for the hook: \(Self.words(error))")
        }
    }

    /// The fields of the header file.
    private func secretFields() throws(TextFailure) -> [(String, String)] {
        guard let path = hook.headerFile else { return [] }
        guard let data = FileManager.default.contents(atPath: path), data.count <= Self.mostHeaderBytes,
            let text = String(validating: data, as: UTF8.self)
        else { throw TextFailure("reading \"\(path)\": no such file, or no text", again: false) }
        var fields: [(String, String)] = []
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1)
            let name = parts.first.map(String.init) ?? ""
            let isToken =
                !name.isEmpty
                && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"()<>@,;:\\\"/[]?={}".utf8.contains($0) }
            guard parts.count == 2, isToken, !Self.ownFields.contains(name.lowercased()),
                parts[1].utf8.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 })
            else { throw TextFailure("\"\(path)\" has a line that is no header field", again: false) }
            fields.append((name, parts[1].trimmingCharacters(in: .whitespaces)))
        }
        return fields
    }

    private static func isAddress(_ host: String) -> Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }

    /// The kind of failure, one line; what a server sends is not in it.
    private static func words(_ error: any Error) -> String {
        if error is NIOConnectionError { return "it cannot be reached" }
        if let error = error as? ChannelError, case .connectTimeout = error { return "it cannot be reached in time" }
        if error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError {
            return "TLS failed, or its certificate is not valid"
        }
        if error is HTTPParserError { return "it does not speak HTTP" }
        if let error = error as? IOError {
            return "the connection broke: \(String(cString: strerror(error.errnoCode)))"
        }
        return "\(type(of: error))"
    }
}

/// Sends the request, and takes the status of the answer.
private final class StatusHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let body: String
    private let limit: TimeAmount
    private var promise: EventLoopPromise<Int>?
    /// False until there is a connection: before, its maker knows better why there is none.
    private var isConnected = false
    private var timer: Scheduled<Void>?

    init(head: HTTPRequestHead, body: String, limit: TimeAmount, promise: EventLoopPromise<Int>) {
        self.head = head
        self.body = body
        self.limit = limit
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        isConnected = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: limit) {
            let (handler, context) = bound.value
            handler.end(.failure(TextFailure("the hook did not answer in time")), context)
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(string: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // The head says all there is to know.
        if case .head(let answer) = unwrapInboundIn(data) { end(.success(Int(answer.status.code)), context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(error), context) }

    func channelInactive(context: ChannelHandlerContext) {
        guard isConnected else { return }
        end(.failure(TextFailure("the hook closed the connection without an answer")), context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        guard isConnected else { return }
        end(.failure(TextFailure("the hook closed the connection without an answer")), context)
    }

    private func end(_ result: Result<Int, any Error>, _ context: ChannelHandlerContext) {
        guard let promise else { return }
        self.promise = nil
        timer?.cancel()
        promise.completeWith(result)
        context.close(promise: nil)
    }
}
