// Reads the addresses of To, Cc, From and the like (RFC 5322 section 3.4, with the obsolete forms of section 4.4): groups,
// comments, quoted names, routes, encoded words in names. Pure; linear. What is no address is passed over.

package import Mail

/// An address with the name beside it.
package struct NamedMailbox: Sendable, Equatable {
    /// The display name, unquoted and with RFC 2047 words decoded; "" where there is none.
    package let name: String
    /// The address.
    package let mailbox: Mailbox
}

extension HeaderField {
    /// The addresses in the field, in order, members of groups included; for address fields only.
    package var mailboxes: [Mailbox] { AddressList.parse(unfolded).map(\.mailbox) }
    /// As ``mailboxes``, with display names.
    package var namedMailboxes: [NamedMailbox] { AddressList.parse(unfolded) }
}

/// Address lists.
package enum AddressList {
    /// - Parameter unfolded: an address field's value, not decoded: an encoded word may hold a comma or an angle bracket,
    ///   which must not count as one.
    package static func parse(_ unfolded: String) -> [NamedMailbox] {
        var scanner = AddressScanner(Array(unfolded.utf8))
        return scanner.run()
    }
}

private struct AddressScanner {
    private let octets: [UInt8]
    private var place = 0
    private var found: [NamedMailbox] = []
    /// Words outside of angle brackets: a display name, or a bare address.
    private var words: [UInt8] = []
    /// The same with quotes kept and without white space: a bare address as written.
    private var bare: [UInt8] = []
    private var angle: [UInt8]?
    private var comment: [UInt8] = []

    init(_ octets: [UInt8]) { self.octets = octets }

    mutating func run() -> [NamedMailbox] {
        while place < octets.count {
            let octet = octets[place]
            place += 1
            switch octet {
            case UInt8(ascii: ","), UInt8(ascii: ";"): endAddress()
            // `Group: a, b;` — but a colon in a bare word such as `mailto:` is dropped with it all the same.
            case UInt8(ascii: ":"): clear()
            case UInt8(ascii: "("): takeComment()
            case UInt8(ascii: "\""): takeQuoted()
            case UInt8(ascii: "<"): takeAngle()
            case 32, 9, 13, 10: if words.last != 32, !words.isEmpty { words.append(32) }
            default:
                words.append(octet)
                bare.append(octet)
            }
        }
        endAddress()
        return found
    }

    private mutating func takeComment() {
        var depth = 1
        comment.removeAll(keepingCapacity: true)
        while place < octets.count, depth > 0 {
            let octet = octets[place]
            place += 1
            if octet == UInt8(ascii: "(") { depth += 1 }
            if octet == UInt8(ascii: ")") { depth -= 1 }
            if octet == UInt8(ascii: "\\"), place < octets.count { place += 1 }
            if depth > 0 { comment.append(octet) }
        }
    }

    private mutating func takeQuoted() {
        bare.append(UInt8(ascii: "\""))
        while place < octets.count {
            let octet = octets[place]
            place += 1
            if octet == UInt8(ascii: "\"") { break }
            bare.append(octet)
            if octet == UInt8(ascii: "\\"), place < octets.count {
                bare.append(octets[place])
                words.append(octets[place])
                place += 1
            } else {
                words.append(octet)
            }
        }
        bare.append(UInt8(ascii: "\""))
    }

    /// `<local@domain>`, with a source route before the address (RFC 5322 section 4.4) or white space inside. A quoted
    /// local part may hold `>`.
    private mutating func takeAngle() {
        var inside: [UInt8] = []
        var isQuoted = false
        while place < octets.count {
            let octet = octets[place]
            place += 1
            if octet == UInt8(ascii: "\\"), isQuoted, place < octets.count {
                inside += [octet, octets[place]]
                place += 1
                continue
            }
            if octet == UInt8(ascii: "\"") { isQuoted.toggle() }
            if octet == UInt8(ascii: ">"), !isQuoted { break }
            if isQuoted || (octet > 32 && octet != 127) { inside.append(octet) }
        }
        if inside.first == UInt8(ascii: "@"), let colon = inside.firstIndex(of: UInt8(ascii: ":")) {
            inside.removeFirst(colon + 1)
        }
        angle = inside
    }

    private mutating func endAddress() {
        defer { clear() }
        if let angle {
            guard let mailbox = Mailbox(String(decoding: angle, as: UTF8.self)) else { return }
            found.append(NamedMailbox(name: decoded(words), mailbox: mailbox))
        } else if let mailbox = Mailbox(String(decoding: bare, as: UTF8.self)) {
            found.append(NamedMailbox(name: decoded(comment), mailbox: mailbox))
        }
    }

    private mutating func clear() {
        words.removeAll(keepingCapacity: true)
        bare.removeAll(keepingCapacity: true)
        comment.removeAll(keepingCapacity: true)
        angle = nil
    }

    private func decoded(_ name: [UInt8]) -> String {
        var name = name
        while name.last == 32 { name.removeLast() }
        var work = WorkCounter()
        return EncodedWords.decode(String(decoding: name, as: UTF8.self), work: &work).text
    }
}
