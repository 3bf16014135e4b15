// The file of users who may open the admin page: name, SCRAM verifier, secret of the authenticator app; never a
// password.
//
//     alice  SCRAM-SHA-256$600000:<salt>$<StoredKey>:<ServerKey>  JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
//
// The secret makes every code, so the file is as good as the second factor itself: mode 0640 at most, like that of
// users.

import Mail

/// One of them.
package struct AdminUser: NamedEntry {
    /// Rounds of a new verifier: the page is opened rarely, so a guess may cost much.
    package static let iterations = 600_000

    package let name: String
    package let verifier: ScramVerifier
    package let secret: OneTimeSecret

    /// From the parts; nil where the name is none.
    package init?(name: String, verifier: ScramVerifier, secret: OneTimeSecret) {
        guard let name = Preparation.name(name) else { return nil }
        self.name = name
        self.verifier = verifier
        self.secret = secret
    }

    package init(name: String, verifier: ScramVerifier, third: String) throws(WrongLine) {
        guard let secret = OneTimeSecret(base32: third[...]) else {
            throw WrongLine(what: "the third word is no base32 secret")
        }
        guard let user = Self(name: name, verifier: verifier, secret: secret) else {
            throw WrongLine(what: "\"\(name)\" is no name")
        }
        self = user
    }

    // Revealed to be written into the file.
    package var third: String { secret.base32.revealed }

    package static let heading = "Who may open Letterlock's admin page. Written by `letterlock admin`."
    package static let lineHint = "take the line out, and add the name again"
    package static func missingHint(_ path: String) -> String { "make it with `letterlock admin add NAME`" }
}

/// The whole file.
package typealias AdminFile = NamedLines<AdminUser>
