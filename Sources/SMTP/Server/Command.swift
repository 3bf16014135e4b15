// The grammar of SMTP commands as a server reads them (RFC 5321 section 4.1.1).
// Takes one line without its CRLF; gives a command or a CommandError. Pure; never traps.

package import Mail

/// One command of a client.
package enum Command: Sendable, Equatable {
    /// HELO, or EHLO where `extended`. The name holds letters, digits and `.-_:[]` only, at most 255 octets.
    case hello(name: String, extended: Bool)
    /// LHLO, the greeting of LMTP (RFC 2033); the name as in `hello`.
    case lhlo(name: String)
    /// MAIL FROM:<path> with its parameters; the path is never `.postmaster`.
    case mail(Path, MailParameters)
    /// RCPT TO:<path> with its parameters; the path is never `.null`.
    case recipient(Path, RecipientParameters)
    /// DATA.
    case data
    /// BDAT, with the length of the chunk that follows the line (RFC 3030).
    case chunk(bytes: Int, isLast: Bool)
    /// STARTTLS (RFC 3207).
    case startTLS
    /// AUTH with the name of a mechanism and, in base64, the initial response where there is one (RFC 4954).
    case logIn(mechanism: String, initial: Secret?)
    /// XCLIENT or XFORWARD.
    case claims(ClientClaims.Verb, ClientClaims)
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
        case "LHLO": return .lhlo(name: try clientName(argument))
        case "BDAT": return try chunk(argument)
        case "STARTTLS": return try plain(.startTLS, argument)
        case "AUTH": return try logIn(argument)
        case "XCLIENT": return .claims(.xclient, try ClientClaims(.xclient, argument))
        case "XFORWARD": return .claims(.xforward, try ClientClaims(.xforward, argument))
        case "EXPN", "TURN", "ETRN", "SEND", "SOML", "SAML": throw .notImplemented
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
            throw .syntax("a greeting needs a host name or an address literal")
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
        guard let (path, rest) = Path.parse(octets), path != .postmaster else {
            throw .badSender(Path.fault(in: octets))
        }
        let parameters = try MailParameters(rest)
        if case .mailbox(let mailbox) = path, mailbox.needsSMTPUTF8, !parameters.smtputf8 { throw .needsSMTPUTF8 }
        return .mail(path, parameters)
    }

    private static func recipient(_ argument: ArraySlice<UInt8>) throws(CommandError) -> Command {
        guard let octets = after("TO:", in: argument) else { throw .syntax("RCPT needs TO:<address>") }
        guard let (path, rest) = Path.parse(octets), path != .null else {
            throw .badRecipient(Path.fault(in: octets))
        }
        return .recipient(path, try RecipientParameters(rest))
    }

    /// `86 LAST`; whatever is not that leaves open where commands go on.
    private static func chunk(_ argument: ArraySlice<UInt8>) throws(CommandError) -> Command {
        let words = argument.split(separator: 32)
        guard (1...2).contains(words.count), words[0].count <= 20, words[0].allSatisfy({ (48...57).contains($0) }),
            let bytes = Int(String(decoding: words[0], as: UTF8.self))
        else { throw .badChunk }
        guard words.count == 2 else { return .chunk(bytes: bytes, isLast: false) }
        guard String(decoding: words[1], as: UTF8.self).uppercased() == "LAST" else { throw .badChunk }
        return .chunk(bytes: bytes, isLast: true)
    }

    /// `SCRAM-SHA-256 biwsbj11c2Vy`; the name by RFC 4422 section 3.1.
    private static func logIn(_ argument: ArraySlice<UInt8>) throws(CommandError) -> Command {
        let words = argument.split(separator: 32)
        guard (1...2).contains(words.count), (1...20).contains(words[0].count), words[0].allSatisfy(isMechanismOctet)
        else { throw .syntax("AUTH needs a mechanism and at most one response") }
        return .logIn(
            mechanism: String(decoding: words[0], as: UTF8.self).uppercased(),
            initial: words.count == 2 ? Secret(String(decoding: words[1], as: UTF8.self)) : nil)
    }

    private static func isMechanismOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// What follows a keyword, in any case, and any spaces (`FROM: <a@b>` is wrong and common).
    private static func after(_ keyword: String, in argument: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let head = argument.prefix(keyword.utf8.count)
        guard String(decoding: head, as: UTF8.self).uppercased() == keyword else { return nil }
        return argument[head.endIndex...].drop { $0 == 32 }
    }
}
