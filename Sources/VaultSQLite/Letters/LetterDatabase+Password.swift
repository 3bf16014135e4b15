// What a letter's row says of its password, for the gateway to prove a password against it. The row lies where the
// portal can write: it is input.

package import Links
package import Mail
import Vault

import GRDB

extension LetterDatabase {
    /// What a letter's row says of its password.
    /// - Returns: nil where there is no such letter, or its password is of a kind that is not known.
    /// - Throws: a refusal of cause `storage`.
    package func lock(of id: String) async throws(Refusal) -> LockedLetter.Lock? {
        try await database.read("reading a letter's password") { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT \(LetterRows.parameterColumns), verifier, link_verifier FROM letters WHERE id = ?",
                arguments: [id])
            guard let row, try row.text("kdf") == LetterKeys.kdf,
                LockedLetter.PasswordKind(rawValue: try row.text("password_kind")) != nil
            else { return nil }
            return LockedLetter.Lock(
                parameters: try LetterRows.parameters(row),
                verifiers: .init(auth: try row.bytes("verifier"), link: try row.bytes("link_verifier")))
        }
    }
}

extension LetterDatabase {
    /// Whether a letter's reader may keep its password (true), or it is a kept one (false); nil: neither, or no such
    /// letter.
    package func keepsPassword(_ id: String) async throws(Refusal) -> Bool? {
        try await database.read("reading a letter's password") { database in
            try Row.fetchOne(database, sql: "SELECT keeps_password FROM letters WHERE id = ?", arguments: [id])?
                .optionalInteger("keeps_password").map { $0 != 0 }
        }
    }

    /// Notes what has become of a letter's password. A letter that is not there is no error.
    package func setKeepsPassword(_ id: String, to keeps: Bool) async throws(Refusal) {
        try await database.write("noting a wish") { database in
            try database.execute(
                sql: "UPDATE letters SET keeps_password = ? WHERE id = ?", arguments: [keeps, id])
        }
    }
}
