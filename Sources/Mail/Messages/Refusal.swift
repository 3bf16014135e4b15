// The one error that crosses module borders on the message path: why a message is not taken, and for whose eyes.

/// Why a message (or one recipient) is refused, temporarily or for good.
///
/// ``publicText`` goes to the other side of a socket: no rule names, key ids or paths. ``detail`` goes to our log: no
/// content, subject or password.
package struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of reason; 4xx or 5xx follows from it (`Refusal+Reply.swift`).
    package enum Cause: Sendable, Equatable {
        /// A rule refuses.
        case policy
        /// The policy asks for protection and no method can give it to this recipient.
        case noUsableMethod
        /// Larger than the limit.
        case messageTooBig
        /// A bare CR or LF, or a line over the limit, in DATA.
        case badLineEnding
        /// More Received fields than a message without a loop has.
        case mailLoop
        /// The next hop cannot take 8-bit content, and converting would change bytes that must be kept (RFC 6152).
        case conversionRequired
        /// The next hop cannot take UTF-8 addresses (RFC 6531).
        case smtputf8Required
        /// The message asks for REQUIRETLS and the next hop cannot give it (RFC 8689 section 4.2).
        case requireTLSUnavailable
        /// The sender address is not one that the user who logged in may use.
        case senderNotAllowed
        /// A milter has one body for all, and this message would need several.
        case splitNeeded
        /// More recipients are to get a link than can be served by repeated tries.
        case tooManyLetters
        /// The next hop said 5xx: its code and enhanced code are passed on.
        case nextHopRefused(code: Int, enhanced: String)
        /// The next hop said 4xx: its code and enhanced code are passed on.
        case nextHopDeferred(code: Int, enhanced: String)
        /// The next hop cannot be reached, broke off or was silent.
        case nextHopUnavailable
        /// gpg failed, hung or is missing.
        case engine
        /// What was sealed did not pass the seal check.
        case sealCheck
        /// A fact the policy needs could not be had for a temporary cause.
        case undecided
        /// Disk or database.
        case storage
        /// Not done before the deadline.
        case deadline
        /// We are stopping or full.
        case busy
        /// More mail is in hand than the budget allows; there will be room soon.
        case noRoom
        /// Our own fault.
        case internalError
    }

    /// The kind of reason.
    package var cause: Cause
    /// For the other side: one line, printable ASCII, what a person can act on.
    package var publicText: String
    /// For our log.
    package var detail: String
    /// The next hop's own words, from its code on, where these are why: a report repeats them. One line, printable
    /// ASCII.
    package var hopReply: String?

    /// A refusal from its parts. `detail` defaults to the public text.
    package init(_ cause: Cause, _ publicText: String, detail: String? = nil, hopReply: String? = nil) {
        self.cause = cause
        self.publicText = publicText
        self.detail = detail ?? publicText
        self.hopReply = hopReply
    }

    /// For our log: code and detail.
    package var description: String { "\(replyCode) \(enhancedCode) \(detail)" }
}
