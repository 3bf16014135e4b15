// A correspondent without secrets. Values only.

/// A correspondent without the secrets: for listings.
package struct ContactLine: Sendable, Equatable {
    /// Folded.
    package let address: String
    /// In E.164.
    package let phone: String?
    /// Seconds since 1970; nil: no standing password.
    package let passwordSetAtSeconds: Int64?
    /// `command`, or `reader` for one that the reader wished to keep.
    package let passwordSetBy: String?
    /// When a letter was last made with it, or it was set.
    package let passwordUsedAtSeconds: Int64?

    /// True where later letters open with a password that the correspondent has already.
    package var hasPassword: Bool { passwordSetAtSeconds != nil }

    package init(
        address: String, phone: String?, passwordSetAtSeconds: Int64?, passwordSetBy: String?,
        passwordUsedAtSeconds: Int64?
    ) {
        self.address = address
        self.phone = phone
        self.passwordSetAtSeconds = passwordSetAtSeconds
        self.passwordSetBy = passwordSetBy
        self.passwordUsedAtSeconds = passwordUsedAtSeconds
    }
}

/// Who may set a standing password.
package enum PasswordSetter: String, Sendable { case command, reader }
