// The files of Tests/Corpus/pgp: real output of gpg and rnp, made by the script beside them.

import Foundation
import Mail

enum PGPCorpus {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Corpus/pgp")

    static func octets(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }
    static func file(_ name: String) throws -> MessageBytes { MessageBytes(bytes: try octets(name)) }
}

/// The bytes cut into pieces of a size: a rope with many segments.
func cut(_ octets: [UInt8], every size: Int) -> MessageBytes {
    MessageBytes(
        joining: stride(from: 0, to: octets.count, by: size).map {
            MessageBytes(bytes: octets[$0..<min($0 + size, octets.count)])
        })
}
