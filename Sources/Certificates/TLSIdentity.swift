// The certificate and key of a server, read again when the files have changed. Touches: these two files.
// Fails (at the start) with the name of the file and the reason; later a pair that cannot be used is logged, and the
// one before it stays.

import Glibc
package import Logging
package import NIOSSL
import POSIX
import Synchronization

/// What a listener shows of itself in TLS.
package final class TLSIdentity: Sendable {
    /// Why a pair of files cannot be used.
    package struct Failure: Error, CustomStringConvertible {
        /// For the person who wrote the settings.
        package let description: String
    }

    private struct Files {
        var certificatePath: String
        var keyPath: String
    }

    private struct Held {
        var context: NIOSSLContext
        /// Of the files that were tried last, good or not.
        var tried: [FileStamp?]
    }

    private let files: Files
    private let logger: Logger
    private let held: Mutex<Held>

    /// - Parameters:
    ///   - certificate: path of the chain (PEM), the server's own certificate first.
    ///   - key: path of its key (PEM, no passphrase).
    /// - Throws: ``Failure`` where the pair cannot be used now.
    package init(certificate: String, key: String, logger: Logger) throws(Failure) {
        let files = Files(certificatePath: certificate, keyPath: key)
        self.files = files
        self.logger = logger
        let tried = Self.stamps(files)
        self.held = Mutex(Held(context: try Self.load(files), tried: tried))
    }

    /// What the next handshake uses: two stat(2) where nothing has changed.
    package func handler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: context()) }

    private func context() -> NIOSSLContext {
        let now = Self.stamps(files)
        return held.withLock { held in
            guard held.tried != now else { return held.context }
            held.tried = now
            do throws(Failure) {
                held.context = try Self.load(files)
                logger.info("certificate read again", metadata: ["certificate": "\(files.certificatePath)"])
            } catch {
                logger.error(
                    "the new certificate cannot be used, the former one stays", metadata: ["reason": "\(error)"])
            }
            return held.context
        }
    }

    /// When the first certificate of a PEM file expires, in seconds since 1970; nil where it cannot be read.
    package static func expiry(of path: String) -> Int64? {
        (try? NIOSSLCertificate.fromPEMFile(path))?.first.map { Int64($0.notValidAfter) }
    }

    private static func stamps(_ files: Files) -> [FileStamp?] {
        [FileStamp(path: files.certificatePath), FileStamp(path: files.keyPath)]
    }

    /// TLS 1.2 and newer with NIOSSL's ciphers, all of which have forward secrecy.
    private static func load(_ files: Files) throws(Failure) -> NIOSSLContext {
        for path in [files.certificatePath, files.keyPath] where access(path, R_OK) != 0 {
            throw Failure(description: "reading \"\(path)\": \(SystemError())")
        }
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(files.certificatePath) } catch {
            throw Failure(description: "reading \"\(files.certificatePath)\": this is no PEM certificate")
        }
        guard !chain.isEmpty else {
            throw Failure(description: "reading \"\(files.certificatePath)\": there is no certificate in it")
        }
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: files.keyPath, format: .pem) } catch {
            throw Failure(description: "reading \"\(files.keyPath)\": this is no PEM private key without passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw Failure(
                description: "\"\(files.keyPath)\" is not the key of the certificate in \"\(files.certificatePath)\"")
        }
    }
}
