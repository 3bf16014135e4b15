// Parameters of RCPT: NOTIFY and ORCPT (RFC 3461). Takes octets behind the path; gives values or a CommandError.
// Pure; never traps.

package import Mail

/// What a client declares about one recipient.
package struct RecipientParameters: Sendable, Equatable {
    /// NOTIFY and ORCPT; nothing where neither was given.
    package var options = Envelope.RecipientOptions()

    /// Nothing declared.
    package init() {}

    /// Reads ` NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@example.org`.
    /// - Throws: `unknownParameter` for another keyword, `badParameter` for a wrong or repeated one.
    package init(_ octets: ArraySlice<UInt8>) throws(CommandError) {
        var seen: Set<String> = []
        for (keyword, value) in try MailParameters.split(octets) {
            guard seen.insert(keyword).inserted else { throw .badParameter(keyword) }
            switch keyword {
            case "NOTIFY": options.notify = try MailParameters.read(keyword, value, NotificationParameters.notify)
            case "ORCPT":
                options.originalRecipient = try MailParameters.read(
                    keyword, value, NotificationParameters.originalRecipient)
            default: throw .unknownParameter(keyword)
            }
        }
    }

    /// True where nothing was declared.
    package var isEmpty: Bool { options == Envelope.RecipientOptions() }
}
