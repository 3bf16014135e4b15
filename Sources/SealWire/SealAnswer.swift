// What the program letterlock-seal says: once whether it works and what its walls lack, then for each request how gpg
// ended. Pure.

/// How one request ended.
package enum SealAnswer: Sendable, Hashable {
    /// gpg ran; its status as wait(2) gives it.
    case ended(status: Int32)
    /// gpg could not be started; the number of the error.
    case notStarted(error: Int32)

    /// Longest answer, in bytes.
    package static let packetBytes = 64

    /// As it is sent.
    package var packet: [UInt8] {
        switch self {
        case .ended(let status): Array("ended \(status)".utf8)
        case .notStarted(let error): Array("error \(error)".utf8)
        }
    }

    /// Reads an answer; nil where it is none.
    package init?(_ packet: [UInt8]) {
        let words = packet.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 2, let number = Int32(String(decoding: words[1], as: UTF8.self)) else { return nil }
        switch String(decoding: words[0], as: UTF8.self) {
        case "ended": self = .ended(status: number)
        case "error": self = .notStarted(error: number)
        default: return nil
        }
    }
}

/// The first packet of letterlock-seal.
package struct SealGreeting: Sendable, Hashable {
    /// Longest greeting, in bytes.
    package static let packetBytes = 4096
    private static let mark = "LLS1"

    /// Walls that do not stand, in words: `the kernel has no Landlock`.
    package let lacks: [String]

    /// A greeting from its parts.
    package init(lacks: [String]) { self.lacks = lacks }

    /// As it is sent.
    package var packet: [UInt8] { Array(([Self.mark] + lacks).joined(separator: "\n").utf8.prefix(Self.packetBytes)) }

    /// Reads a greeting; nil where it is none.
    package init?(_ packet: [UInt8]) {
        let lines = String(decoding: packet, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.first == Self.mark else { return nil }
        self.init(lacks: Array(lines.dropFirst()))
    }
}
