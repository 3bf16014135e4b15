// What a listener offers to the clients of a session. A value; touches nothing.

package import Mail

/// The kind of a session and what may be done in it.
package struct SessionOffers: Sendable {
    /// What is spoken.
    package enum Dialect: Sendable { case smtp, lmtp }

    /// SMTP (EHLO, HELO) or LMTP (LHLO; an answer for each recipient, RFC 2033).
    package var dialect: Dialect
    /// STARTTLS is offered until it has been used (RFC 3207).
    package var startTLS: Bool
    /// TLS comes before the greeting; the session begins by waiting for it.
    package var beginsWithTLS: Bool
    /// Log-in mechanisms, in upper case; offered inside TLS only (RFC 4954). Empty: no log-in.
    package var mechanisms: [String]
    /// Mail is taken only from users who have logged in.
    package var requiresLogin: Bool
    /// What all messages together may hold; nil where nobody counts.
    package var budget: ByteBudget?
    /// What of a message stays in memory, and where the rest goes.
    package var spool: SpoolPolicy

    /// Offers from their parts; by default plain SMTP.
    package init(
        dialect: Dialect = .smtp, startTLS: Bool = false, beginsWithTLS: Bool = false, mechanisms: [String] = [],
        requiresLogin: Bool = false, budget: ByteBudget? = nil, spool: SpoolPolicy = .memoryOnly
    ) {
        self.dialect = dialect
        self.startTLS = startTLS
        self.beginsWithTLS = beginsWithTLS
        self.mechanisms = mechanisms.map { $0.uppercased() }
        self.requiresLogin = requiresLogin
        self.budget = budget
        self.spool = spool
    }
}
