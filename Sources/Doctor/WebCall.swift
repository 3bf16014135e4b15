// One GET request, as a browser or a monitor would make it: over TCP or a Unix socket, in clear or by TLS. Touches that
// socket; fails by WebCall.Failure, whose words are for an administrator.

import Foundation
import Mail
import NIOCore
import NIOPosix
import NIOSSL
import Sockets
import Synchronization

/// A request.
struct WebCall: Sendable {
    /// Who is believed to be there.
    enum TLS: Sendable {
        case none
        /// TLS, with any certificate.
        case unverified
        /// Whom the system's authorities vouch for under this name, or address.
        case verified(String)
    }

    /// Why there is no answer.
    enum Failure: Error {
        /// No connection, or nothing came over it.
        case silent(String)
        /// TLS could not be set up.
        case noTLS(String)

        var words: String {
            switch self {
            case .silent(let words), .noTLS(let words): words
            }
        }
    }

    /// What came back.
    struct Answer: Sendable {
        let status: Int
        /// As far as ``WebCall/mostBytes`` reach.
        let body: String
        /// End of the server's own certificate, in seconds since 1970; nil without TLS, or where it was verified.
        let certificateEnd: Int64?
    }

    /// Longest answer that is read.
    static let mostBytes = 1 << 18

    let address: HostPort
    var tls = TLS.none
    /// The Host field.
    var host = "localhost"
    let path: String
    var seconds = 15

    /// - Throws: ``Failure``.
    func answer(_ group: any EventLoopGroup) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { tasks in
            tasks.addTask { try await call(group) }
            tasks.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw Failure.silent("there is no answer within \(seconds) s")
            }
            defer { tasks.cancelAll() }
            guard let answer = try await tasks.next() else { throw Failure.silent("there is no answer") }
            return answer
        }
    }

    private func call(_ group: any EventLoopGroup) async throws -> Answer {
        let kept = Kept()
        do {
            return try Self.parsed(try await exchange(group, kept), certificateEnd: kept.certificateEnd.withLock { $0 })
        } catch let failure as Failure {
            throw failure
        } catch {
            // What is thrown may only say that the channel is closed; what closed it came before.
            let error = kept.error.withLock { $0 } ?? error
            guard error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError else {
                throw Failure.silent(SocketWords.ofConnecting(error))
            }
            throw Failure.noTLS("TLS does not come about (\(error))")
        }
    }

    private func exchange(_ group: any EventLoopGroup, _ kept: Kept) async throws -> [UInt8] {
        let bootstrap = ClientBootstrap(group: group).connectTimeout(.seconds(Int64(seconds)))
        let wrap: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> = { channel in
            channel.eventLoop.makeCompletedFuture {
                if let handler = try tlsHandler(kept) { try channel.pipeline.syncOperations.addHandler(handler) }
                try channel.pipeline.syncOperations.addHandler(ErrorKeeper(kept))
                return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
            }
        }
        let channel =
            switch address {
            case .tcp(let host, let port):
                try await bootstrap.connect(host: host, port: port, channelInitializer: wrap)
            case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: wrap)
            }
        let request = "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\nAccept: */*\r\n\r\n"
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var octets: [UInt8] = []
            do {
                for try await buffer in inbound {
                    octets += buffer.readableBytesView
                    if octets.count >= Self.mostBytes { break }
                }
            } catch  where !octets.isEmpty {
                // An end without a close_notify; what came is an answer all the same.
            }
            return octets
        }
    }

    private func tlsHandler(_ kept: Kept) throws -> NIOSSLClientHandler? {
        var configuration = TLSConfiguration.makeClientConfiguration()
        switch tls {
        case .none: return nil
        case .unverified:
            // Names too would be looked at before the callback.
            configuration.certificateVerification = .noHostnameVerification
            return try NIOSSLClientHandler(
                context: NIOSSLContext(configuration: configuration), serverHostname: nil,
                customVerificationCallback: { chain, promise in
                    kept.certificateEnd.withLock { $0 = chain.first.map { Int64($0.notValidAfter) } }
                    promise.succeed(.certificateVerified)
                })
        case .verified(let name):
            configuration.certificateVerification = .fullVerification
            // An address is no name that could be asked for (RFC 6066 section 3); it is compared all the same.
            let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
            return try NIOSSLClientHandler(
                context: NIOSSLContext(configuration: configuration), serverHostname: isAddress ? nil : name)
        }
    }

    private static func parsed(_ octets: [UInt8], certificateEnd: Int64?) throws(Failure) -> Answer {
        let text = String(decoding: octets, as: UTF8.self)
        let words = text.prefix { $0 != "\r\n" && $0 != "\n" }.split(separator: " ")
        guard let first = words.first, first.hasPrefix("HTTP/1."), words.count > 1, let status = Int(words[1]) else {
            throw Failure.silent(
                octets.isEmpty ? "the connection was closed without an answer" : "what answers there speaks no HTTP")
        }
        let body = text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? ""
        return Answer(status: status, body: body, certificateEnd: certificateEnd)
    }
}

/// What is learned of a connection on its way.
private final class Kept: Sendable {
    let error = Mutex<(any Error)?>(nil)
    let certificateEnd = Mutex<Int64?>(nil)
}

/// Remembers the first error of a channel.
private final class ErrorKeeper: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let kept: Kept

    init(_ kept: Kept) { self.kept = kept }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        kept.error.withLock { $0 = $0 ?? error }
        context.fireErrorCaught(error)
    }
}
