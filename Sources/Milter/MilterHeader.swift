// From one header to another by the changes that a milter can ask for. Takes messages; gives fields and edits. Pure.
//
// An MTA counts fields per name, from 1, in any case, so the two headers are compared name by name: the n-th field of a
// name becomes the n-th field of that name. What is too much goes, the last first, so that no index moves under another
// change; what is too little comes at the end. The order between different names stays the MTA's.

package import Mail
import NIOCore

/// A header section taken apart, octets as they stand.
package struct MilterHeader: Sendable, Equatable {
    /// One field.
    package struct Field: Sendable, Equatable {
        /// Up to the colon.
        package let name: [UInt8]
        /// From behind the colon to before the last CRLF.
        package let value: [UInt8]

        /// A field from its parts.
        package init(name: [UInt8], value: [UInt8]) {
            self.name = name
            self.value = value
        }

        /// The name in lower case.
        var key: String { String(decoding: name, as: UTF8.self).lowercased() }
    }

    /// All fields, top to bottom.
    package let fields: [Field]
    /// Offset of the body.
    package let bodyOffset: Int

    /// Reads the header of a message that has one: fields with CRLF ends, then an empty line.
    /// - Returns: nil where a line is no field or there is no empty line: it cannot be edited exactly.
    /// - Throws: a ``Refusal`` of cause `storage` where bytes cannot be read back.
    package init?(_ message: MessageBytes) throws(Refusal) {
        guard let section = try Self.section(message) else { return nil }
        var fields: [Field] = []
        var start = 0
        while start < section.count {
            var end = Self.lineEnd(section, start)
            while end < section.count, section[end] == 32 || section[end] == 9 { end = Self.lineEnd(section, end) }
            guard let colon = section[start..<end].firstIndex(of: UInt8(ascii: ":")), colon > start, end - 2 > start
            else {
                return nil
            }
            let name = section[start..<colon]
            guard name.allSatisfy({ $0 > 32 && $0 < 127 }), end - 2 >= colon + 1 else { return nil }
            fields.append(Field(name: Array(name), value: Array(section[(colon + 1)..<(end - 2)])))
            start = end
        }
        self.fields = fields
        bodyOffset = section.count + 2
    }

    /// The header's lines without the empty one.
    private static func section(_ message: MessageBytes) throws(Refusal) -> [UInt8]? {
        var length = 16 * 1024
        while true {
            let head = try message.slice(0..<length).copy()
            if head.starts(with: [13, 10]) { return [] }
            if let end = emptyLine(head) { return Array(head[..<end]) }
            guard head.count == length else { return nil }
            length *= 4
        }
    }

    /// Offset behind the CRLF that an empty line follows.
    private static func emptyLine(_ head: [UInt8]) -> Int? {
        var index = 0
        while let feed = head[index...].firstIndex(of: 10) {
            if feed + 2 < head.count, head[feed + 1] == 13, head[feed + 2] == 10 { return feed + 1 }
            index = feed + 1
        }
        return nil
    }

    private static func lineEnd(_ section: [UInt8], _ start: Int) -> Int {
        (section[start...].firstIndex(of: 10) ?? section.count - 1) + 1
    }

    /// The edits after which this header has the fields of `wanted`, name by name in the same order.
    package func edits(to wanted: MilterHeader) -> [MilterEdit] {
        var targets: [String: [Field]] = [:]
        for field in wanted.fields { targets[field.key, default: []].append(field) }
        var counts: [String: Int] = [:]
        var edits: [MilterEdit] = []
        var deletions: [MilterEdit] = []
        for field in fields {
            let key = field.key
            let index = counts[key, default: 0]
            counts[key] = index + 1
            let target = targets[key] ?? []
            if index >= target.count {
                deletions.append(.deleteHeader(index: index + 1, name: field.name))
            } else if target[index] != field {
                edits.append(
                    .changeHeader(index: index + 1, name: target[index].name, value: target[index].value))
            }
        }
        var seen: [String: Int] = [:]
        var additions: [MilterEdit] = []
        for field in wanted.fields {
            let key = field.key
            seen[key, default: 0] += 1
            guard seen[key, default: 0] > counts[key, default: 0] else { continue }
            additions.append(.addHeader(name: field.name, value: field.value))
        }
        return edits + deletions.reversed() + additions
    }
}
