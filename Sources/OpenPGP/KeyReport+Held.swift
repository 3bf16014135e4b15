// From what the keyring holds to what is shown.

import Mail

extension KeyReport {
    /// A file in which there is no certificate.
    init(file: String, problem: String) {
        self.init(
            file: file, fingerprint: "", userIDs: [], createdSeconds: 0, expiresSeconds: nil, encryptionKeyIDs: [],
            problem: problem)
    }

    /// A certificate, with the problem of its file where that has one.
    init(_ held: HeldCertificate, problem: String?, failure: String?, nowSeconds: Int64) {
        guard let key = held.key else {
            let reason = held.isOpen ? failure ?? "gpg has not read it" : KeyFile.nothingValid
            self.init(file: held.file, problem: reason)
            return
        }
        let own = key.problem(atSeconds: nowSeconds)
        let userIDs = key.userIDs.map { userID in
            UserID(
                text: userID.text, address: UserIDAddress.folded(userID.text),
                problem: userID.problem(atSeconds: nowSeconds))
        }
        self.init(
            file: held.file, fingerprint: key.primary.fingerprint, userIDs: userIDs,
            createdSeconds: key.primary.createdSeconds, expiresSeconds: key.primary.expiresSeconds,
            encryptionKeyIDs: own == nil ? key.encryptionKeyIDs(atSeconds: nowSeconds) : [],
            problem: own ?? problem.map { "the file's present content is not used: \($0)" })
    }

    /// The same, its file named with something in front.
    func named(prefix: String) -> KeyReport {
        KeyReport(
            file: prefix + file, fingerprint: fingerprint, userIDs: userIDs, createdSeconds: createdSeconds,
            expiresSeconds: expiresSeconds, encryptionKeyIDs: encryptionKeyIDs, problem: problem)
    }
}
