// The certificates of the folder `keys/`, looked at on each look-up: a file that was closed before counts, one that was
// taken out does not. gpg is asked only about certificates that claim an address that is looked up, and
// once. Touches the folder (reading), its cache, the engine. Never throws: what could not be found out is `unknown`,
// which the policy turns into 451.

import Glibc
package import Mail

/// The keyring of one folder.
package actor Keyring {
    /// Certificates that no longer count stay known to the engine this long: a message may be on its way to it.
    private static let retireSeconds: Int64 = 900
    /// Files can change while gpg is asked; after so many rounds the answer is `unknown`.
    private static let roundLimit = 8

    private let engine: Engine
    private let learned: Keyring?
    private let prefix: String
    private let nowSeconds: @Sendable () -> Int64
    private var snapshot: KeySnapshot
    private var retired: [(file: RecipientFile, atSeconds: Int64)] = []

    /// Nothing is read before the first look-up.
    /// - Parameters:
    ///   - folder: the certificates: files named `*.asc`, `.gpg`, `.pgp`, `.key` or `.pub`.
    ///   - learned: certificates that readers have sent and confirmed; asked where this folder gives nothing that can
    ///     be used. What the administrator has put into this one comes first.
    ///   - prefix: stands before the names of files wherever they are told.
    ///   - nowSeconds: the clock, seconds since 1970; expiry is judged by it at each look-up.
    ///   - note: is told once what keeps the folder from being watched: then every look-up costs a stat for each file.
    package init(
        folder: String, engine: Engine, learned: Keyring? = nil, prefix: String = "",
        nowSeconds: @escaping @Sendable () -> Int64 = { Int64(time(nil)) },
        note: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.snapshot = KeySnapshot(folder: folder, note: note)
        self.engine = engine
        self.learned = learned
        self.prefix = prefix
        self.nowSeconds = nowSeconds
    }

    /// True where a file of this name counts as one of certificates.
    package static func reads(fileName: String) -> Bool { KeyFolder.isCertificateName(fileName) }

    /// What is known of each address; `+tag` falls back to the plain address where the tagged one has no certificate.
    package func lookup(_ addresses: [Mailbox]) async -> KnownKeys {
        let own = await lookupHere(addresses)
        guard let learned else { return own }
        let open = addresses.filter { address in
            switch own[address] {
            case .none, .unusable: true
            case .usable, .unknown: false
            }
        }
        guard !open.isEmpty else { return own }
        let more = await learned.lookup(open)
        return KnownKeys(
            Dictionary(
                addresses.map { address in (address.folded, Self.better(own[address], more[address])) },
                uniquingKeysWith: { first, _ in first }))
    }

    /// What is known of an address of which this folder says `own`, and the learned ones `learned`.
    private static func better(_ own: KnownKeys.Status, _ learned: KnownKeys.Status) -> KnownKeys.Status {
        switch (own, learned) {
        case (.usable, _), (.unknown, _): own
        // An expired key says that there was one: what was learned of it since counts, and else it stays expired.
        case (.unusable, .usable), (.unusable, .unknown), (.none, _): learned
        case (.unusable, .unusable), (.unusable, .none): own
        }
    }

    private func lookupHere(_ addresses: [Mailbox]) async -> KnownKeys {
        let spellings = addresses.map { [$0.folded] + [$0.foldedWithoutTag].compactMap { $0 } }
        let unproved = await prove { snapshot in spellings.joined().flatMap { snapshot.claiming($0) } }
        let now = nowSeconds()
        var known: [String: KnownKeys.Status] = [:]
        for (address, spellings) in zip(addresses, spellings) where known[address.folded] == nil {
            known[address.folded] = status(of: spellings, now, unproved)
        }
        return KnownKeys(known)
    }

    /// All certificates and all files that give none, by file name. Asks gpg about every certificate not yet read.
    ///
    /// Learned certificates follow, their files named with the folder in front.
    package func listing() async -> [KeyReport] {
        await listingHere() + (learned?.listingHere() ?? []).map { $0.named(prefix: "learned-keys/") }
    }

    private func listingHere() async -> [KeyReport] {
        let unproved = await prove { snapshot in snapshot.files.values.flatMap(\.certificates) }
        let now = nowSeconds()
        return snapshot.files.sorted { $0.key < $1.key }.flatMap { name, file -> [KeyReport] in
            if file.certificates.isEmpty { return [KeyReport(file, name: name)] }
            return file.certificates.map {
                KeyReport($0, problem: file.problem, failure: unproved[$0.claims.first ?? ""], nowSeconds: now)
            }
        }
    }

    /// Why the keyring is not what its folder says, or nil: for the readiness check. Looks at the folder.
    package func problem() async -> String? {
        retire(snapshot.look())
        if let own = snapshot.problem ?? snapshot.unread { return own }
        return await learned?.problem().map { "learned keys: \($0)" }
    }

    /// Which files give nothing because of what is in them, or nil: they stop mail to the addresses that they name, and
    /// no other.
    package func damage() async -> String? {
        retire(snapshot.look())
        let damaged = snapshot.damaged
        guard let first = damaged.first else { return await learned?.damage().map { "learned keys: \($0)" } }
        let more = damaged.count > 1 ? " (and \(damaged.count - 1) more: `letterlock keys check` names them)" : ""
        return "key file \"\(first.name)\" gives nothing: \(first.problem)\(more)"
    }

    /// System calls for looking so far.
    package var effort: LookEffort { snapshot.effort }

    // MARK: asking gpg

    /// Looks at the folder and has gpg read what is wanted and all newer contents of known files.
    /// - Returns: the addresses that nothing can be said about, with the reason.
    private func prove(_ wanted: (KeySnapshot) -> [HeldCertificate]) async -> [String: String] {
        retire(snapshot.look())
        var failure: String?
        // Others may look while we wait for gpg, so what is wanted is asked for again after each wait.
        for _ in 0..<Self.roundLimit where failure == nil {
            let open = Self.open(snapshot, wanted)
            if !open.isEmpty { failure = await inspect(open) }
            retire(snapshot.settle())
            if open.isEmpty { return [:] }
        }
        var unproved: [String: String] = [:]
        for held in Self.open(snapshot, wanted) {
            let former = snapshot.files[held.file]?.certificates ?? []
            for address in held.claims + former.flatMap(\.claims) {
                unproved[address] = failure ?? "file \(held.file) keeps changing"
            }
        }
        return unproved
    }

    private static func open(_ snapshot: KeySnapshot, _ wanted: (KeySnapshot) -> [HeldCertificate]) -> [HeldCertificate]
    {
        var seen: Set<ObjectIdentifier> = []
        return (wanted(snapshot) + snapshot.candidates).filter {
            $0.isOpen && seen.insert(ObjectIdentifier($0)).inserted
        }
    }

    /// Has gpg read certificates and notes its verdicts.
    /// - Returns: why some could not be read, or nil.
    private func inspect(_ certificates: [HeldCertificate]) async -> String? {
        do throws(Refusal) {
            let keys = try await engine.inspect(certificates.map(\.bytes))
            for (held, key) in zip(certificates, keys) { held.verdict = key.map { .valid($0) } ?? .rejected }
            return nil
        } catch { return error.detail }
    }

    // MARK: answering

    private func status(of spellings: [String], _ now: Int64, _ unproved: [String: String]) -> KnownKeys.Status {
        guard snapshot.wasEverRead else { return .unknown(reason: snapshot.problem ?? "the keys were not read") }
        for address in spellings {
            if let reason = unproved[address] { return .unknown(reason: reason) }
            let found = status(of: address, now)
            if case .usable = found { return found }
            if let doubt = snapshot.doubt(about: address) { return .unknown(reason: doubt) }
            if found != .none { return found }
        }
        // It may be this recipient's key that cannot be read: passing in clear would be a guess.
        if let unread = snapshot.unread { return .unknown(reason: unread) }
        return .none
    }

    private func status(of address: String, _ now: Int64) -> KnownKeys.Status {
        var usable: [String: (held: HeldCertificate, key: InspectedKey)] = [:]
        var reasons: [String] = []
        for held in snapshot.claiming(address) {
            if held.isOpen { return .unknown(reason: "gpg has not read file \(held.file)") }
            guard let key = held.key else {
                if let reason = held.whyRejected { reasons.append("\(reason) (file \(held.file))") }
                continue
            }
            let (isPresent, problem) = key.standing(of: address, atSeconds: now)
            // Claimed, but not signed by the key's owner: it does not count.
            guard isPresent else { continue }
            if let problem {
                reasons.append("\(problem) (file \(held.file))")
            } else if let other = usable[key.primary.fingerprint],
                (other.key.lastSignedSeconds, other.held.file) >= (key.lastSignedSeconds, held.file)
            {
                // The same certificate twice: the one that was signed last counts.
            } else {
                usable[key.primary.fingerprint] = (held, key)
            }
        }
        if usable.isEmpty { return reasons.isEmpty ? .none : .unusable(reasons: reasons.sorted()) }
        do throws(Refusal) {
            var certificates: [Certificate] = []
            for (_, found) in usable.sorted(by: { $0.key < $1.key }) {
                certificates.append(try register(found.held, found.key, now))
            }
            return .usable(certificates)
        } catch { return .unknown(reason: error.detail) }
    }

    /// Makes a certificate known to the engine, with the file that gpg is to read.
    private func register(_ held: HeldCertificate, _ key: InspectedKey, _ now: Int64) throws(Refusal) -> Certificate {
        let certificate = Certificate(
            fingerprint: key.primary.fingerprint, encryptionKeyIDs: key.encryptionKeyIDs(atSeconds: now),
            source: prefix + held.file)
        if let registered = held.registered, registered.certificate == certificate { return certificate }
        if held.registered != nil { retire([held]) }
        held.registered = try engine.recipients.register(certificate, held.bytes)
        return certificate
    }

    private func retire(_ certificates: [HeldCertificate]) {
        let now = Int64(time(nil))
        for held in certificates {
            if let registered = held.registered { retired.append((registered, now)) }
        }
        while let oldest = retired.first, oldest.atSeconds < now - Self.retireSeconds {
            engine.recipients.unregister(oldest.file)
            retired.removeFirst()
        }
    }
}
