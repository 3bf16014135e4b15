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
    case badSender
    /// The path of RCPT is none.
    case badRecipient
    /// A parameter that is not offered: its keyword.
    case unknownParameter(String)
    /// A parameter with a wrong value, or twice: its keyword, or "".
    case badParameter(String)
    /// An address with octets above 127 in a transaction without SMTPUTF8.
    case needsSMTPUTF8
    /// HTTP or another protocol is spoken; what follows must not be read as SMTP.
    case foreignProtocol
    /// Longer than `limits.commandBytes`.
    case tooLong(limitBytes: Int)
    /// A bare CR or LF in a command.
    case badLineEnding
    /// The command is out of order: what is missing.
    case badSequence(String)

    /// The reply that says so.
    package var reply: Reply {
        switch self {
        case .unknown: Reply(500, "5.5.1", "command not recognised")
        case .notImplemented: Reply(502, "5.5.1", "command not implemented")
        case .syntax(let what): Reply(501, "5.5.4", what)
        case .badSender: Reply(501, "5.1.7", "the sender is no address in angle brackets")
        case .badRecipient: Reply(501, "5.1.3", "the recipient is no address in angle brackets")
        case .unknownParameter(let keyword): Reply(555, "5.5.4", "parameter \(keyword.prefix(40)) is not offered")
        case .badParameter(""): Reply(501, "5.5.4", "the parameters break the grammar")
        case .badParameter(let keyword): Reply(501, "5.5.4", "parameter \(keyword.prefix(40)) is wrong or given twice")
        case .needsSMTPUTF8: Reply(553, "5.6.7", "a UTF-8 address needs the SMTPUTF8 parameter of MAIL")
        case .foreignProtocol: Reply(421, "4.7.0", "this is an SMTP server, closing")
        case .tooLong(let limit): Reply(500, "5.5.6", "the command line exceeds \(limit) bytes")
        case .badLineEnding: Reply(500, "5.5.2", "a command ends with CRLF and holds no other CR or LF, closing")
        case .badSequence(let what): Reply(503, "5.5.1", what)
        }
    }

    /// True where the rest of the input cannot be trusted to be commands.
    package var endsSession: Bool { self == .foreignProtocol || self == .badLineEnding }
}
