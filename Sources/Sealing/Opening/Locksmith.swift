// Opens ciphertexts of one message with gpg, and keeps the account: what was opened, what was not and why. Bounded: so
// many ciphertexts, so many layers, so many bytes, and no further tries where gpg fails again and again.

import Mail
import OpenPGP

/// Where something is sealed, in words.
struct SealedPlace: CustomStringConvertible {
    /// Number of the part, behind the numbers of those around it: `2 > 1`; "" is the message.
    let number: String
    /// Its type: `text/plain`.
    let type: String
    /// Which of several blocks of a text, from 1.
    var block: Int?
    /// Layers of encryption above it.
    let depth: Int

    var description: String {
        let part = number.isEmpty ? "the message" : "part \(number)"
        return block.map { "\(part), \(type), block \($0)" } ?? "\(part), \(type)"
    }

    /// What numbers of parts inside of it begin with.
    var prefixInside: String { number.isEmpty ? "" : "\(number) > " }
}

/// Tries ciphertexts.
struct Locksmith {
    /// Ciphertexts of one message that are tried: each costs a process.
    static let ciphertextLimit = 500
    /// Layers: something sealed inside of something sealed, and so on.
    static let depthLimit = 8
    /// Failures that concern gpg or its keys rather than one ciphertext, after which no other is tried.
    private static let failureLimit = 3

    private let engine: Engine
    private let homeFolder: String?
    private var bytesLeft: Int
    private var failures = 0
    private(set) var triedCount = 0
    private(set) var openedCount = 0
    /// The first fault of gpg's.
    private(set) var engineFailure: Refusal?
    private var refused: [String] = []
    private var untriedCount = 0
    /// What a reader may want to know beside.
    var notes: [String] = []

    init(engine: Engine, homeFolder: String?, byteLimit: Int) {
        self.engine = engine
        self.homeFolder = homeFolder
        bytesLeft = byteLimit
    }

    /// What stays sealed, one line each; what was not tried is one line together.
    var unopened: [String] {
        guard untriedCount > 0 else { return refused }
        let why =
            failures < Self.failureLimit
            ? "of one message \(Self.ciphertextLimit) are tried" : "gpg failed too often before"
        return refused + ["\(untriedCount) more sealed places: not tried, \(why)"]
    }

    /// The plaintext, or nil where it cannot be had.
    mutating func open(_ cipher: MessageBytes, _ place: SealedPlace) async -> MessageBytes? {
        guard place.depth < Self.depthLimit else {
            refuse(place, because: "more than \(Self.depthLimit) layers of encryption")
            return nil
        }
        guard triedCount < Self.ciphertextLimit, failures < Self.failureLimit else {
            untriedCount += 1
            return nil
        }
        triedCount += 1
        guard mayBeOpenPGP(cipher) else {
            refuse(place, because: DecryptError.notEncrypted.description)
            return nil
        }
        do throws(DecryptError) {
            let plain = try await engine.decrypt(cipher, homeFolder: homeFolder, limitBytes: bytesLeft).bytes
            bytesLeft -= plain.count
            openedCount += 1
            return plain
        } catch {
            switch error {
            case .engine(let refusal):
                engineFailure = engineFailure ?? refusal
                failures += 1
            case .passphrase, .tooBig, .bomb: failures += 1
            case .noSecretKey, .notEncrypted, .damaged: break
            }
            refuse(place, because: error.description)
            return nil
        }
    }

    /// False where no process is worth starting: every packet begins with an octet above 127 (RFC 4880 section 4.2), in
    /// armor as base64.
    private func mayBeOpenPGP(_ cipher: MessageBytes) -> Bool {
        guard let head = try? cipher.slice(0..<1024).copy(), let first = head.first else { return false }
        if first > 127 { return true }
        let lines = head.split(separator: 10, omittingEmptySubsequences: false).map { $0.filter { $0 > 32 } }
        guard let begin = lines.firstIndex(where: { $0.starts(with: "-----BEGINPGPMESSAGE".utf8) }) else { return true }
        // Data has no colon, header lines have; in what is cut off here there may be more of both.
        let data = lines[(begin + 1)...].first { !$0.isEmpty && !$0.contains(UInt8(ascii: ":")) }
        guard let letter = data?.first else { return true }
        return (103...122).contains(letter) || (48...57).contains(letter) || letter == 43 || letter == 47
    }

    /// Names what stays sealed.
    mutating func refuse(_ place: SealedPlace, because reason: String) { refused.append("\(place): \(reason)") }

    /// As ``refuse(_:because:)`` for what gpg opened and what could not be put in its place.
    mutating func takeBack(_ place: SealedPlace, count: Int = 1, because reason: String) {
        openedCount -= count
        refuse(place, because: reason)
    }
}
