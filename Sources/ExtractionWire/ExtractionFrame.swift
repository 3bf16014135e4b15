// What the gateway and the program letterlock-extract say to each other, over one socket: frames of a kind, a JSON
// header and raw bytes, both of bounded length. The program may have been taken over by a hostile file, so what it says
// is untrusted too. Pure.
//
//     offset 0   4 bytes   "LLX1"
//            4   4 bytes   length of the header, big-endian
//            8   8 bytes   length of the body, big-endian
//           16   header, body

import Foundation

/// What is looked into at most, of one attachment. The gateway sends it with every job.
package struct ExtractionLimits: Sendable, Equatable, Codable {
    /// Text kept, in bytes of UTF-8, of all files in it together.
    package var textBytes = 10 * 1024 * 1024
    /// What is unpacked, in bytes, at all depths together.
    package var unpackedBytes = 100 * 1024 * 1024
    /// How many times its size an attachment may unpack to, once that is more than 10 MiB.
    package var ratio = 250
    /// Files inside, at all depths together.
    package var files = 1000
    /// Archives inside of archives.
    package var depth = 5
    /// CPU time of the program, and of each program that it starts, in seconds.
    package var cpuSeconds = 15

    package init() {}
}

/// One attachment to look into; its bytes are the frame's body.
package struct ExtractionJob: Sendable, Equatable, Codable {
    /// Content-Type as `type/subtype`, lower case; "" where there is none.
    package var claimedType: String
    /// Its charset parameter.
    package var claimedCharset: String?
    /// File name, decoded; "" where there is none.
    package var name: String
    /// True where its text has been read already: only what contradicts the claimed type is of interest.
    package var textIsRead: Bool
    package var limits: ExtractionLimits

    package init(
        claimedType: String, claimedCharset: String? = nil, name: String, textIsRead: Bool = false,
        limits: ExtractionLimits = ExtractionLimits()
    ) {
        self.claimedType = claimedType
        self.claimedCharset = claimedCharset
        self.name = name
        self.textIsRead = textIsRead
        self.limits = limits
    }
}

/// The program's first frame: whether its walls stand.
package struct ExtractionGreeting: Sendable, Equatable, Codable {
    /// Why it does not work here, or nil: it does.
    package var refusal: String?
    /// What it can do without, such as pdftotext, and does not have.
    package var lacks: [String]

    package init(refusal: String? = nil, lacks: [String] = []) {
        self.refusal = refusal
        self.lacks = lacks
    }
}

/// Frames.
package enum ExtractionFrame {
    package static let prefixBytes = 16
    /// Longest JSON header of a job, in bytes.
    package static let jobHeaderBytes = 64 * 1024
    private static let mark = Array("LLX1".utf8)

    /// Lengths that follow.
    package struct Lengths: Sendable, Equatable {
        package let header: Int
        package let body: Int
    }

    /// A frame but for its body.
    /// - Throws: what encoding throws.
    package static func opening(_ header: some Encodable, bodyBytes: Int) throws -> [UInt8] {
        let json = try JSONEncoder().encode(header)
        var bytes = mark
        for shift in stride(from: 24, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: json.count >> shift))
        }
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: bodyBytes >> shift))
        }
        bytes.append(contentsOf: json)
        return bytes
    }

    /// Reads a prefix.
    /// - Returns: nil where it is none, or where a length is above its bound.
    package static func lengths(_ prefix: [UInt8], headerBytes: Int, bodyBytes: Int) -> Lengths? {
        guard prefix.count == prefixBytes, prefix.starts(with: mark) else { return nil }
        let header = prefix[4..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let body = prefix[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard header <= UInt64(max(0, headerBytes)), body <= UInt64(max(0, bodyBytes)) else { return nil }
        return Lengths(header: Int(header), body: Int(body))
    }

    /// Reads a header.
    /// - Returns: nil where it is not what was asked for.
    package static func header<Header: Decodable>(_ json: [UInt8], as type: Header.Type) -> Header? {
        try? JSONDecoder().decode(type, from: Data(json))
    }
}
