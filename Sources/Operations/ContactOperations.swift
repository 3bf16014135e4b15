// What `letterlock contacts` shows and does: standing passwords and telephone numbers of correspondents, in the
// gateway's database, beside a running gateway. Gives no secret back.

import Foundation
import Gateway
import Links
import MIME
package import Mail
package import Policy
package import SettingValues
import Vault
import VaultSQLite

/// Correspondents, as the command sees them.
package struct ContactOperations: Sendable {
    /// One correspondent.
    package struct Line: Sendable, Encodable {
        package let address: String
        /// Masked: `+33…89`; nil: none is known.
        package let phone: String?
        package let hasPassword: Bool
        package let passwordSetAtSeconds: Int64?
        /// `command` or `reader`.
        package let passwordSetBy: String?
        package let passwordUsedAtSeconds: Int64?

        /// For a terminal: one line.
        package var text: String {
            var parts = [address]
            if let phone { parts.append("phone \(phone)") }
            if let set = passwordSetAtSeconds {
                parts.append("password set \(ShownTime.day(set)) by \(passwordSetBy ?? "unknown")")
                if let used = passwordUsedAtSeconds { parts.append("last used \(ShownTime.day(used))") }
            }
            return parts.joined(separator: "  ")
        }
    }

    private let ledger: any Contacts & Conversations

    /// - Throws: a ``Refusal`` of cause `storage` where the database cannot be opened.
    package init(stateFolder: String) throws(Refusal) { ledger = try GatewayDatabase(folder: "\(stateFolder)/gateway") }

    /// All of them, by address.
    package func lines() async throws(Refusal) -> [Line] { try await ledger.allContacts().map(Line.init) }

    /// One of them, or nil.
    package func line(_ address: Mailbox) async throws(Refusal) -> Line? {
        try await ledger.contacts([address])[address.folded].map(Line.init)
    }

    /// What the policy is told of some addresses.
    package func known(_ addresses: [Mailbox]) async throws(Refusal) -> KnownContacts {
        KnownContacts(try await ledger.contacts(addresses))
    }

    /// Whether a message names one that this gateway has protected.
    /// - Throws: a ``Refusal`` of cause `storage` where the message cannot be read back.
    package func conversation(of received: ReceivedMessage, limits: Limits) async throws(Refusal) -> KnownConversation {
        await KnownConversation.of(
            try readStructure(received.bytes, limits: limits).header, ledger, nowSeconds: received.receivedAtSeconds)
    }

    /// Sets what is given; slow where that is a password, by purpose.
    package func set(
        _ address: Mailbox, password: Secret?, phone: PhoneNumber?, nowSeconds: Int64
    ) async throws(Refusal) {
        if let password {
            try await ledger.keepStandingPassword(
                recipient: address, try StandingPassword.make(password), by: .command, nowSeconds: nowSeconds)
        }
        // Into the database that text messages are sent by.
        if let phone { try await ledger.setPhone(phone.e164, of: address) }
    }

    /// Takes the number away. An address that is not there is no error.
    package func forgetPhone(_ address: Mailbox) async throws(Refusal) { try await ledger.setPhone(nil, of: address) }

    /// - Returns: false where there was no password.
    package func forgetPassword(_ address: Mailbox) async throws(Refusal) -> Bool {
        try await ledger.forgetStandingPassword(
            for: address, wish: nil, nowSeconds: Int64(Date().timeIntervalSince1970))
    }

    /// - Returns: false where nothing was known.
    package func remove(_ address: Mailbox) async throws(Refusal) -> Bool { try await ledger.removeContact(address) }
}

extension ContactOperations.Line {
    init(_ line: ContactLine) {
        self.init(
            address: line.address, phone: line.phone.map { PhoneNumber($0)?.description ?? "unreadable" },
            hasPassword: line.hasPassword, passwordSetAtSeconds: line.passwordSetAtSeconds,
            passwordSetBy: line.passwordSetBy, passwordUsedAtSeconds: line.passwordUsedAtSeconds)
    }
}
