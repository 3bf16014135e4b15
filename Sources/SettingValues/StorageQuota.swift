// `storage`: room for letters behind links.

/// Room for letters.
package struct StorageQuota: Sendable, Equatable {
    /// All that lies in letters.db, letters and answers together, in bytes.
    package var lettersBytes = 10 << 30
    /// Letters that wait for one recipient, in bytes.
    package var perRecipientBytes = 500 << 20
    /// Part of ``lettersBytes`` from which the gateway warns, in percent.
    package var alarmPercent = 80

    /// The defaults.
    package init() {}

    /// Bytes from which the gateway warns.
    package var alarmBytes: Int { Int((Double(lettersBytes) * Double(alarmPercent) / 100).rounded(.down)) }
}
