// Why a command line is not taken, and the reply to it (RFC 5321 section 4.2.3, RFC 3463). Pure.

/// A command that is not followed. Every one of them counts towards `limits.badCommands`.
package enum CommandError: Error, Sendable, Equatable {
    /// No verb of SMTP.
    case unknown
    /// A verb of SMTP that is not offered here.
    case notImplemented
    /// The line breaks the grammar: what is wrong, in words of ours.
    case syntax(String)
    /// The path of MAIL is none.
    case badSender(String?)
    /// The path of RCPT is none.
    case badRecipient(String?)
    /// A parameter that is not offered: its keyword.
    case unknownParameter(String)
    /// A parameter with a wrong value, or twice: its keyword, or "".
    case badParameter(String)
    /// An attribute of XCLIENT or XFORWARD that is not offered, is wrong or stands there twice: its name, or "".
    case badAttribute(String)
    /// An address or ORCPT with octets above 127 in a transaction without SMTPUTF8.
    case needsSMTPUTF8
    /// HTTP or another protocol is spoken; what follows must not be read as SMTP.
    case foreignProtocol
    /// Longer than the limit of its kind.
    case tooLong(limitBytes: Int)
    /// A bare CR or LF in a command.
    case badLineEnding
    /// BDAT without a length that can be believed: where the chunk ends is not known.
    case badChunk
    /// Something was sent behind STARTTLS before TLS has begun: it would be read as if it had come over TLS
    /// (CVE-2011-0411), or be lost.
    case behindStartTLS
    /// The command is out of order: what is missing.
    case badSequence(String)
    /// Log-in without TLS (RFC 4954 section 4).
    case loginNeedsTLS
    /// Mail is taken only from users who have logged in.
    case needsLogin(isEncrypted: Bool)
    /// A log-in mechanism that is not offered.
    case unknownMechanism
    /// The client took its log-in back.
    case loginCancelled
    /// A log-in response that is not base64, or not what the mechanism wants.
    case badResponse
    /// Unknown user or wrong password.
    case wrongLogin
    /// Too many wrong passwords.
    case loginThrottled(seconds: Int)
    /// Nobody can check passwords at the moment.
    case loginUnavailable

    /// The reply that says so.
    package var reply: Reply {
        switch self {
        case .unknown: Reply(500, "5.5.1", "command not recognised")
        case .notImplemented: Reply(502, "5.5.1", "command not implemented")
        case .syntax(let what): Reply(501, "5.5.4", what)
        case .badSender(nil): Reply(501, "5.1.7", "the sender is no address in angle brackets")
        case .badSender(let fault?): Reply(501, "5.1.7", "the sender is no address: \(fault)")
        case .badRecipient(nil): Reply(501, "5.1.3", "the recipient is no address in angle brackets")
        case .badRecipient(let fault?): Reply(501, "5.1.3", "the recipient is no address: \(fault)")
        case .unknownParameter(let keyword): Reply(555, "5.5.4", "parameter \(keyword.prefix(40)) is not offered")
        case .badParameter(""): Reply(501, "5.5.4", "the parameters break the grammar")
        case .badParameter(let keyword): Reply(501, "5.5.4", "parameter \(keyword.prefix(40)) is wrong or given twice")
        case .badAttribute(""): Reply(501, "5.5.4", "attributes are missing")
        case .badAttribute(let name):
            Reply(501, "5.5.4", "attribute \(name.prefix(40)) is unknown, wrong or given twice")
        case .needsSMTPUTF8: Reply(553, "5.6.7", "a UTF-8 address needs the SMTPUTF8 parameter of MAIL")
        case .foreignProtocol: Reply(421, "4.7.0", "this is an SMTP server, closing")
        case .tooLong(let limit): Reply(500, "5.5.6", "the command line exceeds \(limit) bytes")
        case .badLineEnding: Reply(500, "5.5.2", "a command ends with CRLF and holds no other CR or LF, closing")
        case .badChunk: Reply(501, "5.5.4", "BDAT needs a length and at most LAST behind it, closing")
        case .behindStartTLS: Reply(503, "5.5.1", "nothing may follow STARTTLS before TLS has begun, closing")
        case .badSequence(let what): Reply(503, "5.5.1", what)
        case .loginNeedsTLS: Reply(538, "5.7.11", "log-in needs TLS")
        case .needsLogin(true): Reply(530, "5.7.0", "log in first")
        case .needsLogin(false): Reply(530, "5.7.0", "send STARTTLS and log in first")
        case .unknownMechanism: Reply(504, "5.5.4", "this log-in mechanism is not offered")
        case .loginCancelled: Reply(501, "5.7.0", "log-in cancelled")
        case .badResponse: Reply(501, "5.5.2", "this is no log-in response")
        case .wrongLogin: Reply(535, "5.7.8", "unknown user or wrong password")
        case .loginThrottled(let seconds):
            Reply(454, "4.7.0", "too many wrong passwords, try again in \(seconds) seconds")
        case .loginUnavailable: Reply(454, "4.7.0", "nobody can be let in at the moment, try again later")
        }
    }

    /// True where the rest of the input cannot be trusted to be commands.
    package var endsSession: Bool {
        switch self {
        case .foreignProtocol, .badLineEnding, .badChunk, .behindStartTLS: true
        default: false
        }
    }
}
