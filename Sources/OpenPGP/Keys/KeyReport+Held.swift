// From what the keyring holds to what is shown.

import Mail

extension KeyReport {
    /// A file in which there is no certificate.
    init(file: String, problem: String) {
        self.init(
            file: file, fingerprint: "", userIDs: [], createdSeconds: 0, expiresSeconds: nil, encryptionKeyIDs: [],
            problem: problem)
    }

    /// A file that gives none.
    init(_ file: KeyFile, name: String) {
        var problem = file.problem ?? "no certificate"
        if file.isDamaged, !file.doubtfulClaims.isEmpty {
            problem +=
                "; until it is mended or taken out nobody can tell whether there is a key for "
                + "\(Self.list(file.doubtfulClaims))"
        }
        self.init(file: name, problem: problem)
    }

    /// A certificate, with the problem of its file where that has one.
    init(_ held: HeldCertificate, problem: String?, failure: String?, nowSeconds: Int64) {
        guard let key = held.key else {
            var reason = held.isOpen ? failure ?? "gpg has not read it" : KeyFile.nothingValid
            if case .rejected = held.verdict, let kind = held.oddKind {
                let names = held.claims.isEmpty ? "no mail address" : Self.list(held.claims)
                reason = "\(kind); it names \(names)"
            }
            self.init(file: held.file, problem: reason)
            return
        }
        let own = key.problem(atSeconds: nowSeconds)
        var userIDs = key.userIDs.map { userID in
            let address = UserIDAddress.folded(userID.text)
            let unread = address == nil && userID.text.contains("@") ? Self.noAddress : nil
            return UserID(text: userID.text, address: address, problem: userID.problem(atSeconds: nowSeconds) ?? unread)
        }
        let signed = Set(userIDs.compactMap(\.address))
        for address in held.claims where !signed.contains(address) {
            userIDs.append(UserID(text: address, address: address, problem: "its user id is not signed by this key"))
        }
        let nobody = userIDs.allSatisfy { $0.address == nil && $0.problem == nil } ? Self.noAddress : nil
        self.init(
            file: held.file, fingerprint: key.primary.fingerprint, userIDs: userIDs,
            createdSeconds: key.primary.createdSeconds, expiresSeconds: key.primary.expiresSeconds,
            encryptionKeyIDs: own == nil ? key.encryptionKeyIDs(atSeconds: nowSeconds) : [],
            problem: own ?? problem.map { "the file's present content is not used: \($0)" } ?? nobody)
    }

    private static let noAddress =
        "no mail address can be read in the user id, which would be written \"Name <bob@example.org>\""

    private static func list(_ addresses: [String]) -> String {
        let more = addresses.count > 5 ? " and \(addresses.count - 5) more" : ""
        return addresses.prefix(5).joined(separator: ", ") + more
    }

    /// The same, its file named with something in front.
    func named(prefix: String) -> KeyReport {
        KeyReport(
            file: prefix + file, fingerprint: fingerprint, userIDs: userIDs, createdSeconds: createdSeconds,
            expiresSeconds: expiresSeconds, encryptionKeyIDs: encryptionKeyIDs, problem: problem)
    }
}
