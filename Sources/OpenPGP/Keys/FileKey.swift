// One certificate in one file, to which Letterlock seals on its own behalf (the quarantine's key). The file is looked
// at on each use, so that a renewed certificate counts from the next message on. Touches the file (reading), its cache,
// the engine. Fails with a Refusal of cause `engine` that names the file: then nothing is sealed, and the message is
// answered 451.

import Glibc
package import Mail
import POSIX
import Packets

/// The certificate of a file.
package actor FileKey {
    /// What can be said of the certificate now.
    package struct Report: Sendable, Equatable {
        /// Fingerprint of the primary key, upper-case hexadecimal; "" where there is none.
        package let fingerprint: String
        /// Why it cannot be sealed to, or nil.
        package let problem: String?
        /// When the certificate, or the last subkey that encrypts, expires, in seconds since 1970; nil: never.
        package let expiresSeconds: Int64?
    }

    /// A certificate is small: more than this is some other file, in bytes.
    private static let fileBytes = 1 << 20

    private let path: String
    private let engine: Engine
    private let nowSeconds: @Sendable () -> Int64
    private var held: (stamp: FileStamp, key: InspectedKey, bytes: MessageBytes)?
    private var registered: Certificate?

    /// Nothing is read before the first use.
    /// - Parameters:
    ///   - path: one transferable public key, armored or binary.
    ///   - nowSeconds: the clock, seconds since 1970.
    package init(
        path: String, engine: Engine,
        nowSeconds: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
    ) {
        self.path = path
        self.engine = engine
        self.nowSeconds = nowSeconds
    }

    /// The certificate, ready for ``Engine/encrypt(_:to:armor:)``.
    /// - Throws: a ``Refusal`` of cause `engine` where the file has none that can be sealed to now, or gpg fails.
    package func certificate() async throws(Refusal) -> Certificate {
        let (key, bytes) = try await read()
        let now = nowSeconds()
        if let problem = key.problem(atSeconds: now) { throw unusable(problem) }
        let certificate = Certificate(
            fingerprint: key.primary.fingerprint, encryptionKeyIDs: key.encryptionKeyIDs(atSeconds: now),
            source: path)
        // Another use may have registered it while gpg was asked.
        if registered == certificate { return certificate }
        // Former ones stay known to the engine: a message may be on its way to it.
        _ = try engine.recipients.register(certificate, bytes)
        registered = certificate
        return certificate
    }

    /// For `doctor`: what is in the file, usable or not.
    package func report() async -> Report {
        do throws(Refusal) {
            let key = try await read().key
            let able = ([key.primary] + key.subkeys).filter { $0.canEncrypt && !$0.isRevoked && !$0.isInvalid }
            // nil is "never": one that never expires outlasts all others.
            var last: Int64? =
                able.contains { $0.expiresSeconds == nil } ? nil : able.compactMap(\.expiresSeconds).max()
            if let end = key.primary.expiresSeconds { last = min(end, last ?? end) }
            return Report(
                fingerprint: key.primary.fingerprint, problem: key.problem(atSeconds: nowSeconds()),
                expiresSeconds: last)
        } catch {
            return Report(fingerprint: "", problem: error.detail, expiresSeconds: nil)
        }
    }

    /// The file as it is now, asked of gpg where it has changed.
    private func read() async throws(Refusal) -> (key: InspectedKey, bytes: MessageBytes) {
        guard let stamp = FileStamp(path: path) else { throw unusable(SystemError().words) }
        if let held, held.stamp == stamp { return (held.key, held.bytes) }
        guard stamp.isRegularFile, stamp.bytes <= Self.fileBytes else {
            throw unusable("it is not a file of one certificate")
        }
        let certificates: [MessageBytes]
        do throws(PacketError) { certificates = try Certificates.split(try content()) } catch {
            throw unusable(error.description)
        }
        guard let only = certificates.first, certificates.count == 1 else {
            throw unusable("\(certificates.count) certificates where one is wanted")
        }
        guard let key = try await engine.inspect([only]).first ?? nil else { throw unusable(KeyFile.nothingValid) }
        held = (stamp, key, only)
        return (key, only)
    }

    private func content() throws(PacketError) -> MessageBytes {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return .empty }
        defer { close(file) }
        // A file that grew too large meanwhile holds no single certificate either.
        let bytes = (try? Descriptors.readAll(file, atMost: Self.fileBytes)) ?? nil
        return MessageBytes(bytes: bytes ?? [])
    }

    private func unusable(_ why: String) -> Refusal { Engine.failure("key \"\(path)\" cannot be sealed to: \(why)") }
}
