// Who a mail of our own comes from and goes to, and what makes it unique.

import MIME
import Mail
import SettingValues
import Wording

/// Addresses, date and names of one mail that Letterlock writes itself.
struct OwnMailHead: Sendable {
    let from: Mailbox
    let to: Mailbox
    let dateSeconds: Int64
    let messageID: String
    /// Of the multipart, where the mail is one.
    let boundary: String
    var fromName = "Letterlock"
    /// RFC 3834 section 5: our own mail, or an answer to one.
    var autoSubmitted = "auto-generated"

    /// Name and address, on two lines where one would be long.
    var sender: String {
        let name = HeaderText.phrase(fromName)
        let last = name.utf8.reversed().prefix { $0 != 10 }.count
        return "\(name)\(last + "\(from)".utf8.count > 66 ? "\r\n" : "") <\(from)>"
    }
}

extension OwnMailHead {
    /// From the address of letters, in the organisation's name, under a Message-ID of its own.
    /// - Throws: a ``Refusal`` of cause `internalError` where there is no randomness.
    static func ofOrganisation(
        _ links: EnabledLinks, to recipient: Mailbox, hostname: String, dateSeconds: Int64
    ) throws(Refusal) -> OwnMailHead {
        OwnMailHead(
            from: links.from, to: recipient, dateSeconds: dateSeconds,
            messageID: "<\(try Token.random(bytes: 12)).letterlock@\(hostname)>",
            boundary: "=_\(try Token.random(bytes: 12))", fromName: links.organisation.displayName)
    }

    /// From the address of letters, in the organisation's name.
    /// - Parameter name: the local part of its Message-ID: the same on every try, so that mail systems can see that it
    ///   is the same mail where a reply is lost.
    static func ofOrganisation(
        _ links: EnabledLinks, to recipient: Mailbox, hostname: String, dateSeconds: Int64, named name: String
    ) -> OwnMailHead {
        OwnMailHead(
            from: links.from, to: recipient, dateSeconds: dateSeconds, messageID: "<\(name)@\(hostname)>", boundary: "",
            fromName: links.organisation.displayName)
    }

    /// From the mail system, as an answer to the recipient's own message.
    /// - Throws: a ``Refusal`` of cause `internalError` where there is no randomness, or the host's name makes no
    ///   address.
    static func ofMailSystem(
        to recipient: Mailbox, hostname: String, dateSeconds: Int64
    ) throws(Refusal) -> OwnMailHead {
        OwnMailHead(
            from: try mailSystem(hostname), to: recipient, dateSeconds: dateSeconds,
            messageID: "<\(try Token.random(bytes: 12)).letterlock@\(hostname)>",
            boundary: "=_\(try Token.random(bytes: 12))", fromName: "Mail Delivery System",
            autoSubmitted: "auto-replied")
    }

    /// From the quarantine.
    /// - Parameter name: the local part of its Message-ID: the same on every try.
    /// - Throws: a ``Refusal`` of cause `internalError` where the host's name makes no address.
    static func ofQuarantine(
        to recipient: Mailbox, hostname: String, dateSeconds: Int64, named name: String
    ) throws(Refusal) -> OwnMailHead {
        OwnMailHead(
            from: try mailSystem(hostname), to: recipient, dateSeconds: dateSeconds, messageID: "<\(name)@\(hostname)>",
            boundary: "")
    }

    private static func mailSystem(_ hostname: String) throws(Refusal) -> Mailbox {
        guard let address = Mailbox("MAILER-DAEMON@\(hostname)") else {
            throw Refusal(.internalError, "internal error", detail: "a mail of our own without an address to come from")
        }
        return address
    }
}
