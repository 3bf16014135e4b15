// TLS to the next hop: what certificate counts, and the pipeline's handler. Touches the file of authorities, which is
// read again when it has changed; fails by ClientFailure `tlsFailed`, whose words are for our log.

import Cryptography
import Glibc
import Mail
import NIOCore
import NIOSSL
import POSIX
import SMTP
import Synchronization

/// Makes TLS handlers for one hop.
final class NextHopTLS: Sendable {
    /// How long the answer to a closing is waited for.
    private static let closingTime = TimeAmount.seconds(2)
    /// The system's authorities are read anew after that, in seconds: they change, and nobody tells us.
    private static let systemRootsSeconds = 3600

    private struct Made {
        var context: NIOSSLContext
        /// Of the file of authorities that it was made of, if there is one.
        var stamp: FileStamp?
        var at: ContinuousClock.Instant
    }

    /// What one connection needs.
    struct Ready: Sendable {
        fileprivate let context: NIOSSLContext
        /// For SNI and, where names count, the certificate; nil for an IP address, which is then what counts.
        fileprivate let serverName: String?
        fileprivate let pins: [KeyPin]
        /// True where a handshake that succeeds has proved who the hop is.
        let isProof: Bool

        /// The pipeline's first handler, new for each connection.
        func handler() throws -> NIOSSLClientHandler {
            guard !pins.isEmpty else {
                return try NIOSSLClientHandler(context: context, serverHostname: serverName)
            }
            let pins = pins
            return try NIOSSLClientHandler(context: context, serverHostname: serverName) {
                chain, promise in
                // The first certificate is the hop's own; that it has the key to it, the handshake proves.
                promise.succeed(NextHopTLS.matches(chain.first, pins) ? .certificateVerified : .failed)
            }
        }
    }

    private let hop: NextHopSettings
    private let made = Mutex<Made?>(nil)

    init(_ hop: NextHopSettings) { self.hop = hop }

    /// What the next connection needs. Reads files where it must.
    func ready() throws(ClientFailure) -> Ready {
        let name = hop.serverName.flatMap { Self.isAddress($0) ? nil : $0 }
        let verifies = hop.tls == .verified
        if verifies, hop.pins.isEmpty, hop.serverName == nil {
            throw ClientFailure(
                .tlsFailed("behind a Unix socket, a name to verify must be set"), at: .opening)
        }
        let context = try context()
        return Ready(
            context: context, serverName: name, pins: verifies ? hop.pins : [], isProof: verifies)
    }

    private func context() throws(ClientFailure) -> NIOSSLContext {
        let stamp = stamp()
        let result = made.withLock { made -> Result<NIOSSLContext, ClientFailure> in
            let isFresh =
                made.map { $0.stamp == stamp && .now - $0.at < .seconds(Self.systemRootsSeconds) } ?? false
            if isFresh, let context = made?.context { return .success(context) }
            do {
                let context = try NIOSSLContext(configuration: configuration)
                made = Made(context: context, stamp: stamp, at: .now)
                return .success(context)
            } catch {
                let words = hop.caFile.map { "reading the authorities \"\($0)\": \(error)" } ?? "\(error)"
                return .failure(ClientFailure(.tlsFailed(words), at: .opening))
            }
        }
        return try result.get()
    }

    private var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.shutdownTimeout = Self.closingTime
        // Old TLS is better than the clear text that opportunistic TLS falls back to; elsewhere RFC 8996 holds.
        configuration.minimumTLSVersion = hop.tls == .opportunistic ? .tlsv1 : .tlsv12
        configuration.renegotiationSupport = .none
        switch hop.tls {
        case .none, .opportunistic, .required: configuration.certificateVerification = .none
        // With pins, our callback judges instead; it is not called where nothing is to be verified.
        case .verified:
            configuration.certificateVerification =
                hop.pins.isEmpty ? .fullVerification : .noHostnameVerification
        }
        if hop.tls == .verified, hop.pins.isEmpty, let file = hop.caFile {
            configuration.trustRoots = .file(file)
        }
        return configuration
    }

    private func stamp() -> FileStamp? {
        hop.tls == .verified ? hop.caFile.flatMap { FileStamp(path: $0) } : nil
    }

    private static func matches(_ certificate: NIOSSLCertificate?, _ pins: [KeyPin]) -> Bool {
        guard let key = try? certificate?.extractPublicKey().toSPKIBytes(),
            let digest = try? SHA256Digest.of(key)
        else {
            return false
        }
        return pins.contains { $0.digest == digest }
    }

    private static func isAddress(_ text: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }

    /// Why a handshake failed, for our log: the library's words, and what they most likely mean.
    static func words(_ error: any Error, _ tls: Ready?) -> String {
        let text = Reply.printable("\(error)")
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return "the certificate is not for this name (\(text))"
        }
        guard text.contains("CERTIFICATE_VERIFY_FAILED") else { return text }
        if tls?.pins.isEmpty == false { return "the hop's key is none of the pinned ones" }
        return
            "the certificate is expired, not valid yet, or of an authority that is not trusted (\(text))"
    }
}
