// What gpg says about one certificate, as a value, and what follows from it at a given moment. Pure.

import Mail

/// A certificate as gpg read it: only parts with a valid self-signature (RFC 4880 section 5.2.3.3) are in it.
struct InspectedKey: Sendable, Equatable {
    /// The primary key or a subkey.
    struct Part: Sendable, Equatable {
        var keyID: KeyID
        var fingerprint = ""
        var createdSeconds: Int64
        /// nil: never.
        var expiresSeconds: Int64?
        var isRevoked: Bool
        /// Unknown algorithm, or a binding that does not hold.
        var isInvalid: Bool
        var canEncrypt: Bool

        /// Why it may not be used, or nil.
        func problem(atSeconds now: Int64) -> String? {
            if isRevoked { return "revoked" }
            if isInvalid { return "invalid" }
            if let expiresSeconds, expiresSeconds <= now { return "expired on \(Self.day(expiresSeconds))" }
            if createdSeconds > now { return "not valid before \(Self.day(createdSeconds))" }
            return nil
        }

        /// `2025-01-02`, in UTC (civil from days, Howard Hinnant's algorithm).
        static func day(_ seconds: Int64) -> String {
            let days = (seconds - (seconds < 0 ? 86_399 : 0)) / 86_400 + 719_468
            let era = (days >= 0 ? days : days - 146_096) / 146_097
            let dayOfEra = days - era * 146_097
            let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let shifted = (5 * dayOfYear + 2) / 153
            let day = dayOfYear - (153 * shifted + 2) / 5 + 1
            let month = shifted < 10 ? shifted + 3 : shifted - 9
            let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
            func padded(_ number: Int64, _ width: Int) -> String {
                let digits = String(number)
                return String(repeating: "0", count: max(0, width - digits.count)) + digits
            }
            return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        }
    }

    /// A user id with its own validity.
    struct UserID: Sendable, Equatable {
        var text: String
        /// When its self-signature was made.
        var createdSeconds: Int64
        /// nil: never.
        var expiresSeconds: Int64?
        var isRevoked: Bool
        /// gpg's word at the time of reading.
        var isExpired: Bool

        /// Why it may not be used, or nil.
        func problem(atSeconds now: Int64) -> String? {
            if isRevoked { return "user id revoked" }
            if let expiresSeconds, expiresSeconds <= now { return "user id expired on \(Part.day(expiresSeconds))" }
            if isExpired { return "user id expired" }
            if createdSeconds > now { return "user id not valid before \(Part.day(createdSeconds))" }
            return nil
        }
    }

    var primary: Part
    var subkeys: [Part] = []
    var userIDs: [UserID] = []

    /// False where nothing in it is signed by the primary key: gpg lists such a certificate all the same, as invalid.
    var isProved: Bool { !primary.isInvalid && !userIDs.isEmpty }

    /// When its owner last signed one of its user ids.
    var lastSignedSeconds: Int64 { userIDs.map(\.createdSeconds).max() ?? 0 }

    /// Ids of all (sub)keys that may be encrypted to, the primary key's own validity not considered.
    func encryptionKeyIDs(atSeconds now: Int64) -> [KeyID] {
        ([primary] + subkeys).filter { $0.canEncrypt && $0.problem(atSeconds: now) == nil }.map(\.keyID)
    }

    /// Why the certificate as a whole may not be encrypted to, or nil.
    func problem(atSeconds now: Int64) -> String? {
        if let problem = primary.problem(atSeconds: now) { return problem }
        guard encryptionKeyIDs(atSeconds: now).isEmpty else { return nil }
        let able = subkeys.filter(\.canEncrypt)
        guard let newest = able.max(by: { $0.createdSeconds < $1.createdSeconds }) else { return "cannot encrypt" }
        return "encryption subkey \(newest.problem(atSeconds: now) ?? "unusable")"
    }

    /// Why the certificate may not be used for a folded address, or nil; and whether the address is in it at all.
    func standing(of address: String, atSeconds now: Int64) -> (isPresent: Bool, problem: String?) {
        let matching = userIDs.filter { UserIDAddress.folded($0.text) == address }
        guard !matching.isEmpty else { return (false, nil) }
        if let problem = problem(atSeconds: now) { return (true, problem) }
        let problems = matching.compactMap { $0.problem(atSeconds: now) }
        return (true, problems.count == matching.count ? problems.first : nil)
    }
}
