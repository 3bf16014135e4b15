// The file of users: names, SCRAM verifiers and the addresses each may send as; never a password.
//
//     alice  SCRAM-SHA-256$15000:<salt>$<StoredKey>:<ServerKey>  alice@example.org,.example.org
//     crm    SCRAM-SHA-256$15000:…$…:…                           -
//
// The third word is a list as `may-send-as` takes it: addresses, domains, `.domain` for sub-domains; `-` is nobody at
// all.

package import Mail

/// One user.
package struct StoredUser: NamedEntry {
    package let name: String
    package var verifier: ScramVerifier
    /// Addresses and domains that may stand in MAIL FROM.
    package var maySendAs: DomainList

    /// A user from the parts; nil where the name is none.
    package init?(name: String, verifier: ScramVerifier, maySendAs: DomainList) {
        guard let name = Preparation.name(name) else { return nil }
        self.name = name
        self.verifier = verifier
        self.maySendAs = maySendAs
    }

    package init(name: String, verifier: ScramVerifier, third: String) throws(WrongLine) {
        guard let addresses = Self.addresses(third) else {
            throw WrongLine(what: "\"\(third)\" is no list of addresses and domains")
        }
        guard let user = Self(name: name, verifier: verifier, maySendAs: addresses) else {
            throw WrongLine(what: "\"\(name)\" is no name of a user")
        }
        self = user
    }

    package var third: String { maySendAs.entries.isEmpty ? "-" : maySendAs.entries.joined(separator: ",") }

    package static let heading =
        "Users of Letterlock. Written by `letterlock users`; name, SCRAM verifier, addresses to send as."
    package static let lineHint = "take the line out or mend it in an editor"
    package static func missingHint(_ path: String) -> String {
        "make it with `letterlock users add NAME --file \(path)`"
    }

    /// Reads `alice@example.org,.example.org` or `-`; nil where an entry is neither address nor domain.
    package static func addresses(_ text: String) -> DomainList? {
        if text == "-" { return DomainList([]) }
        let entries = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard entries.allSatisfy(isEntry) else { return nil }
        return DomainList(entries)
    }

    private static func isEntry(_ text: String) -> Bool {
        guard text.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace }) else { return false }
        if text.contains("@") { return Mailbox(text) != nil }
        // What may stand behind an @ is a domain.
        return Mailbox("a@" + (text.hasPrefix(".") ? text.dropFirst() : text[...])) != nil
    }
}

/// The whole file.
package typealias UserFile = NamedLines<StoredUser>
