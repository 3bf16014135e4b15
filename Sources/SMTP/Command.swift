// The grammar of SMTP commands as a server reads them (RFC 5321 section 4.1.1).
// Takes one line without its CRLF; gives a command or a CommandError. Pure; never traps.

import Mail

/// One command of a client.
package enum Command: Sendable, Equatable {
    /// HELO, or EHLO where `extended`. The name holds letters, digits and `.-_:[]` only, at most 255 octets.
    case hello(name: String, extended: Bool)
    /// MAIL FROM:<path> with its parameters; the path is never `.postmaster`.
    case mail(Path, MailParameters)
    /// RCPT TO:<path>; the path is never `.null`.
    case recipient(Path)
    /// DATA.
    case data
    /// RSET.
    case reset
    /// NOOP.
    case noop
    /// QUIT.
    case quit
    /// VRFY with something to verify.
    case verify
    /// HELP.
    case help

    /// Reads `MAIL FROM:<bob@example.org> SIZE=100`.
    /// - Parameter line: without CRLF, at most `limits.commandBytes` octets.
    package static func parse(_ line: [UInt8]) throws(CommandError) -> Command {
        guard line.allSatisfy({ $0 >= 32 && $0 != 127 }) else { throw .syntax("control character in a command") }
        let end = (line.lastIndex { $0 != 32 } ?? -1) + 1
        let verbOctets = line[..<end].prefix { $0 != 32 }
        let argument = line[verbOctets.endIndex..<end].drop { $0 == 32 }
        let verb = String(decoding: verbOctets, as: UTF8.self).uppercased()
        switch verb {
        case "HELO": return .hello(name: try clientName(argument), extended: false)
        case "EHLO": return .hello(name: try clientName(argument), extended: true)
        case "MAIL": return try mail(argument)
        case "RCPT": return try recipient(argument)
        case "DATA": return try plain(.data, argument)
        case "RSET": return try plain(.reset, argument)
        case "QUIT": return try plain(.quit, argument)
        case "NOOP": return .noop
        case "HELP": return .help
        case "VRFY":
            guard !argument.isEmpty else { throw .syntax("VRFY needs an argument") }
            return .verify
        case "EXPN", "TURN", "ETRN", "SEND", "SOML", "SAML", "AUTH", "STARTTLS": throw .notImplemented
        // What follows BDAT is no command; as CHUNKING is not offered, its length is not believed either.
        case "BDAT": throw .foreignProtocol
        case "GET", "POST", "HEAD", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI", "HOST:",
            "USER-AGENT:":
            throw .foreignProtocol
        default: throw .unknown
        }
    }

    private static func plain(_ command: Command, _ argument: ArraySlice<UInt8>) throws(CommandError) -> Command {
        guard argument.isEmpty else { throw .syntax("no argument is allowed here") }
        return command
    }

    /// The name goes into a Received field: nothing in it may end or open anything there.
    private static func clientName(_ argument: ArraySlice<UInt8>) throws(CommandError) -> String {
        guard (1...255).contains(argument.count), argument.allSatisfy(isNameOctet) else {
            throw .syntax("HELO and EHLO need a host name or an address literal")
        }
        return String(decoding: argument, as: UTF8.self)
    }

    private static func isNameOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: ".-_:[]".utf8.contains(octet)
        }
    }

    private static func mail(_ argument: ArraySlice<UInt8>) throws(CommandError) -> Command {
        guard let octets = after("FROM:", in: argument) else { throw .syntax("MAIL needs FROM:<address>") }
        guard let (path, rest) = Path.parse(octets), path != .postmaster else { throw .badSender }
        let parameters = try MailParameters(rest)
        if case .mailbox(let mailbox) = path, mailbox.needsSMTPUTF8, !parameters.smtputf8 { throw .needsSMTPUTF8 }
        return .mail(path, parameters)
    }

    private static func recipient(_ argument: ArraySlice<UInt8>) throws(CommandError) -> Command {
        guard let octets = after("TO:", in: argument) else { throw .syntax("RCPT needs TO:<address>") }
        guard let (path, rest) = Path.parse(octets), path != .null else { throw .badRecipient }
        if let parameter = try MailParameters.split(rest).first { throw .unknownParameter(parameter.keyword) }
        return .recipient(path)
    }

    /// What follows a keyword, in any case, and any spaces (`FROM: <a@b>` is wrong and common).
    private static func after(_ keyword: String, in argument: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let head = argument.prefix(keyword.utf8.count)
        guard String(decoding: head, as: UTF8.self).uppercased() == keyword else { return nil }
        return argument[head.endIndex...].drop { $0 == 32 }
    }
}
