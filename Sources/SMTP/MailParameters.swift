// Parameters of MAIL (RFC 5321 section 4.1.1.11): SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), RET and ENVID
// (RFC 3461), REQUIRETLS (RFC 8689), AUTH (RFC 4954 section 5).
// Takes octets behind the path; gives values or a CommandError. Pure; never traps.

package import Mail

/// What a client declares about a message before sending it.
package struct MailParameters: Sendable, Equatable {
    /// SIZE=, in bytes; nil where it was not given. A number too large for an Int is Int.max.
    package var sizeBytes: Int?
    /// BODY=; nil where it was not given.
    package var body: Envelope.Body?
    /// SMTPUTF8 was given.
    package var smtputf8 = false
    /// RET=; nil where it was not given.
    package var ret: Envelope.Return?
    /// ENVID= as written; nil where it was not given.
    package var envelopeID: String?
    /// REQUIRETLS was given; it is offered inside TLS only.
    package var requiresTLS = false
    /// AUTH= was given: who first submitted the message, which nobody is told further (RFC 4954 section 5 lets us take
    /// it as `<>`). It is known only where log-in is offered.
    package var hasAuth = false

    /// Nothing declared.
    package init() {}

    /// Reads ` SIZE=100 BODY=8BITMIME SMTPUTF8`.
    /// - Throws: `unknownParameter` for another keyword, `badParameter` for a wrong or repeated one.
    package init(_ octets: ArraySlice<UInt8>) throws(CommandError) {
        var seen: Set<String> = []
        for (keyword, value) in try Self.split(octets) {
            guard seen.insert(keyword).inserted else { throw .badParameter(keyword) }
            switch keyword {
            case "SIZE": sizeBytes = try Self.size(value)
            case "BODY":
                guard let known = Envelope.Body(rawValue: value?.uppercased() ?? "") else {
                    throw .badParameter(keyword)
                }
                body = known
            case "SMTPUTF8":
                guard value == nil else { throw .badParameter(keyword) }
                smtputf8 = true
            case "RET": ret = try Self.read(keyword, value, NotificationParameters.ret)
            case "ENVID": envelopeID = try Self.read(keyword, value, NotificationParameters.envelopeID)
            case "REQUIRETLS":
                guard value == nil else { throw .badParameter(keyword) }
                requiresTLS = true
            case "AUTH":
                guard let value, value == "<>" || Xtext.decode(value.utf8) != nil else { throw .badParameter(keyword) }
                hasAuth = true
            default: throw .unknownParameter(keyword)
            }
        }
    }

    /// The value of a parameter that has to have one.
    static func read<Value>(
        _ keyword: String, _ value: String?, _ grammar: (String) -> Value?
    ) throws(CommandError) -> Value {
        guard let value, let read = grammar(value) else { throw .badParameter(keyword) }
        return read
    }

    /// Cuts ` KEY=value KEY` into its parts, keywords in upper case.
    /// - Throws: `badParameter` where it does not follow the grammar of RFC 5321 section 4.1.2.
    static func split(_ octets: ArraySlice<UInt8>) throws(CommandError) -> [(keyword: String, value: String?)] {
        guard octets.first ?? 32 == 32 else { throw .badParameter("") }
        var result: [(keyword: String, value: String?)] = []
        for word in octets.split(separator: 32) {
            let parts = word.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let keyword = String(decoding: parts[0], as: UTF8.self).uppercased()
            let isKeyword = keyword.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || $0 == 45 }
            guard isKeyword, let first = keyword.utf8.first, first != 45 else { throw .badParameter("") }
            guard parts.count == 2 else {
                result.append((keyword, nil))
                continue
            }
            guard !parts[1].isEmpty, !parts[1].contains(61), let value = String(validating: parts[1], as: UTF8.self)
            else { throw .badParameter(keyword) }
            result.append((keyword, value))
        }
        return result
    }

    private static func size(_ value: String?) throws(CommandError) -> Int {
        guard let value, (1...20).contains(value.utf8.count), value.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw .badParameter("SIZE")
        }
        return Int(value) ?? Int.max
    }
}
