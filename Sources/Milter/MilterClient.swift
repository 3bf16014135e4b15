// What an MTA tells about its client and, in macros, about the message. Takes data of frames; gives values fit for logs
// and Received fields. Pure; never traps.

import NIOCore

/// The SMTP client on the other side of the MTA.
struct MilterClient: Sendable {
    /// Names and addresses longer than this are not kept, in octets (RFC 5321 section 4.5.3.1.2).
    private static let nameBytes = 255

    /// The name of EHLO or HELO: letters, digits and `.-_:[]`; "" where it was none or of other characters.
    private(set) var name = ""
    /// The address without port, IPv6 without its prefix; "" for a Unix socket or an unknown one.
    private(set) var address = ""
    var macros = MilterMacros()

    /// Reads SMFIC_CONNECT: host name, family, port, address.
    /// - Returns: false where the frame is cut short.
    mutating func connect(_ data: ByteBuffer) -> Bool {
        var data = data
        address = ""
        name = ""
        guard data.readMilterText() != nil, let family = data.readInteger(as: UInt8.self) else { return false }
        guard family != UInt8(ascii: "U") else { return true }
        guard data.readInteger(as: UInt16.self) != nil, let octets = data.readMilterText() else { return false }
        guard family == UInt8(ascii: "4") || family == UInt8(ascii: "6") else { return true }
        var text = String(decoding: octets.prefix(Self.nameBytes), as: UTF8.self)
        if text.lowercased().hasPrefix("ipv6:") { text = String(text.dropFirst(5)) }
        address = text.utf8.allSatisfy(Self.isAddressOctet) ? text : ""
        return true
    }

    mutating func setName(_ octets: [UInt8]) {
        let isName = (1...Self.nameBytes).contains(octets.count) && octets.allSatisfy(Self.isNameOctet)
        name = isName ? String(decoding: octets, as: UTF8.self) : ""
    }

    /// It stands in a Received field: nothing in it may end or open anything there.
    private static func isNameOctet(_ octet: UInt8) -> Bool {
        MilterMacros.isAlphanumeric(octet) || ".-_:[]".utf8.contains(octet)
    }

    private static func isAddressOctet(_ octet: UInt8) -> Bool {
        MilterMacros.isAlphanumeric(octet) || ".:%".utf8.contains(octet)
    }
}

/// Macros that are used; all others are not kept.
struct MilterMacros: Sendable {
    private static let wanted: Set<String> = ["i", "{auth_authen}", "{mail_addr}", "{rcpt_addr}"]
    private static let valueBytes = 1024

    private var values: [String: (command: UInt8, value: [UInt8])] = [:]

    subscript(_ name: String) -> [UInt8]? { values[name]?.value }

    /// A macro's value as text without control characters, or nil where there is none.
    func text(_ name: String) -> String? {
        guard let octets = self[name], !octets.isEmpty, let text = String(validating: octets, as: UTF8.self) else {
            return nil
        }
        return text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 } ? text : nil
    }

    /// The MTA's queue id, where it is letters and digits.
    var queueID: String? {
        guard let octets = self["i"], (1...32).contains(octets.count), octets.allSatisfy(Self.isAlphanumeric) else {
            return nil
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// Reads SMFIC_MACRO: the command that they belong to, then names and values.
    /// - Returns: false where the frame is cut short.
    mutating func take(_ data: ByteBuffer) -> Bool {
        var data = data
        guard let command = data.readInteger(as: UInt8.self), let texts = data.readMilterTexts(),
            texts.count.isMultiple(of: 2)
        else {
            return false
        }
        // A set takes the place of the one before it, so that nothing stays of another client or recipient.
        values = values.filter { $0.value.command != command }
        for index in stride(from: 0, to: texts.count, by: 2) {
            let name = String(decoding: texts[index], as: UTF8.self)
            guard Self.wanted.contains(name), texts[index + 1].count <= Self.valueBytes else { continue }
            values[name] = (command, texts[index + 1])
        }
        return true
    }

    /// Forgets what belongs to one message: its user too, who may be told only with MAIL.
    mutating func forgetMessage() { values = [:] }

    /// Forgets what an earlier envelope left, but for what came just now for `command`.
    mutating func keepOnly(_ command: MilterCommand) {
        values = values.filter { $0.value.command == command.rawValue }
    }

    /// Forgets one macro: its recipient has been taken.
    mutating func remove(_ name: String) { values[name] = nil }

    static func isAlphanumeric(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
