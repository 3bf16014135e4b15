// Reads the addresses of To, Cc, From and the like (RFC 5322 section 3.4, with the obsolete forms of section 4.4):
// groups, comments, quoted names, routes, encoded words in names. Pure; linear. What is no address is passed over.

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
    /// - Parameter unfolded: an address field's value, not decoded: an encoded word may hold a comma or an angle
    ///   bracket, which must not count as one.
    package static func parse(_ unfolded: String) -> [NamedMailbox] {
        AddressItems(Array(unfolded.utf8)).all.compactMap(\.named)
    }
}

/// What stands between two commas of an address field.
struct AddressItem {
    /// Words outside of angle brackets, quotes undone: a display name, or a bare address.
    fileprivate(set) var words: [UInt8] = []
    /// The same with quotes kept and without white space: a bare address as written.
    fileprivate(set) var bare: [UInt8] = []
    /// The same cut where white space or a comment stands.
    fileprivate(set) var bareWords: [[UInt8]] = [[]]
    /// True where white space stands between two words that no dot and no `@` joins: then ``bare`` is no address.
    fileprivate(set) var isSplit = false
    /// What stands in angle brackets, as written.
    fileprivate(set) var angles: [[UInt8]] = []
    fileprivate(set) var comment: [UInt8] = []
    /// True for what stands before a colon.
    fileprivate(set) var isGroupName = false

    /// The address as RFC 5322 has it, the last one in angle brackets where there are several; nil where there is none.
    var named: NamedMailbox? {
        if isGroupName { return nil }
        if let angle = angles.last {
            return Self.mailbox(inAngle: angle).map { NamedMailbox(name: decoded(words), mailbox: $0) }
        }
        guard !isSplit, let mailbox = Mailbox(String(decoding: bare, as: UTF8.self)) else { return nil }
        return NamedMailbox(name: decoded(comment), mailbox: mailbox)
    }

    /// `local@domain` with a source route before the address (RFC 5322 section 4.4) or white space inside.
    static func mailbox(inAngle octets: [UInt8]) -> Mailbox? {
        var inside: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        for octet in octets {
            if isEscaped {
                isEscaped = false
            } else if octet == UInt8(ascii: "\\"), isQuoted {
                isEscaped = true
            } else if octet == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
            if isQuoted || (octet > 32 && octet != 127) { inside.append(octet) }
        }
        if inside.first == UInt8(ascii: "@"), let colon = inside.firstIndex(of: UInt8(ascii: ":")) {
            inside.removeFirst(colon + 1)
        }
        return Mailbox(String(decoding: inside, as: UTF8.self))
    }

    fileprivate mutating func append(bare octet: UInt8, afterSpace: Bool) {
        let joins = ".@".utf8
        if afterSpace, let last = bare.last, !joins.contains(last), !joins.contains(octet) { isSplit = true }
        bare.append(octet)
        bareWords[bareWords.count - 1].append(octet)
    }

    fileprivate mutating func endWord() {
        if bareWords.last?.isEmpty == false { bareWords.append([]) }
    }

    private func decoded(_ name: [UInt8]) -> String {
        var name = name
        while name.last == 32 { name.removeLast() }
        var work = WorkCounter()
        return EncodedWords.decode(String(decoding: name, as: UTF8.self), work: &work).text
    }
}

/// Takes an address field apart.
struct AddressItems {
    /// In the order of the field; what stands before a colon is one too.
    private(set) var all: [AddressItem] = []
    /// False where a quote or a comment has no end.
    private(set) var isClosed = true
    private let octets: [UInt8]
    private var place = 0
    private var item = AddressItem()
    private var isAfterSpace = false

    init(_ octets: [UInt8]) {
        self.octets = octets
        while place < octets.count {
            let octet = octets[place]
            place += 1
            switch octet {
            case UInt8(ascii: ","), UInt8(ascii: ";"): endItem()
            // `Group: a, b;` — but a colon in a bare word such as `mailto:` is dropped with it all the same.
            case UInt8(ascii: ":"):
                item.isGroupName = true
                endItem()
            case UInt8(ascii: "("): takeComment()
            case UInt8(ascii: "\""): takeQuoted()
            case UInt8(ascii: "<"): takeAngle()
            case 32, 9, 13, 10:
                if item.words.last != 32, !item.words.isEmpty { item.words.append(32) }
                isAfterSpace = true
                item.endWord()
            default:
                item.words.append(octet)
                appendBare(octet)
            }
        }
        endItem()
    }

    private mutating func appendBare(_ octet: UInt8) {
        item.append(bare: octet, afterSpace: isAfterSpace)
        isAfterSpace = false
    }

    private mutating func takeComment() {
        var depth = 1
        item.comment.removeAll(keepingCapacity: true)
        item.endWord()
        while place < octets.count, depth > 0 {
            let octet = octets[place]
            place += 1
            if octet == UInt8(ascii: "(") { depth += 1 }
            if octet == UInt8(ascii: ")") { depth -= 1 }
            if octet == UInt8(ascii: "\\"), place < octets.count { place += 1 }
            if depth > 0 { item.comment.append(octet) }
        }
        if depth > 0 { isClosed = false }
    }

    private mutating func takeQuoted() {
        var isOpen = true
        appendBare(UInt8(ascii: "\""))
        while place < octets.count {
            let octet = octets[place]
            place += 1
            if octet == UInt8(ascii: "\"") {
                isOpen = false
                break
            }
            appendBare(octet)
            if octet == UInt8(ascii: "\\"), place < octets.count {
                appendBare(octets[place])
                item.words.append(octets[place])
                place += 1
            } else {
                item.words.append(octet)
            }
        }
        appendBare(UInt8(ascii: "\""))
        if isOpen { isClosed = false }
    }

    /// A quoted local part may hold `>`.
    private mutating func takeAngle() {
        var inside: [UInt8] = []
        var isQuoted = false
        item.endWord()
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
            inside.append(octet)
        }
        if isQuoted { isClosed = false }
        item.angles.append(inside)
    }

    private mutating func endItem() {
        all.append(item)
        item = AddressItem()
        isAfterSpace = false
    }
}
