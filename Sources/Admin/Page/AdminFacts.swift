// What the admin page shows, as values, and what it can have done: filled in by whoever runs the gateway. Addresses, times,
// rule names and reasons; no content, no subject, nothing that opens a letter. All texts may come from strangers' mail.

/// What mail has become, by hour.
package struct FlowOfDay: Sendable, Equatable {
    /// What a recipient of a message can become; `accepted` counts messages.
    package enum Kind: String, Sendable, CaseIterable {
        case accepted, pgp, link, passed, quarantined, refused, deferred
    }

    /// One hour of the day.
    package struct Hour: Sendable, Equatable {
        /// When it begins, in seconds since 1970.
        package let beginsAtSeconds: Int64
        package var counts: [Kind: Int]

        package init(beginsAtSeconds: Int64, counts: [Kind: Int]) {
            self.beginsAtSeconds = beginsAtSeconds
            self.counts = counts
        }
    }

    /// The hours of today so far, the first one first.
    package let hours: [Hour]

    package init(hours: [Hour]) { self.hours = hours }

    /// Of the whole day.
    package func total(_ kind: Kind) -> Int {
        hours.reduce(0) { $0.addingReportingOverflow($1.counts[kind] ?? 0).partialValue }
    }
}

/// A letter behind a link.
package struct LetterLine: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable { case sending, waiting, resting, opened, gone }
    package let id: String
    package let sender: String
    package let recipient: String
    package let state: State
    package let createdAtSeconds: Int64
    package let expiresAtSeconds: Int64
    package let openedAtSeconds: Int64?
    /// nil: it does not rest.
    package let restsUntilSeconds: Int64?
    package let wrongGuesses: Int

    package init(
        id: String, sender: String, recipient: String, state: State, createdAtSeconds: Int64, expiresAtSeconds: Int64,
        openedAtSeconds: Int64? = nil, restsUntilSeconds: Int64? = nil, wrongGuesses: Int = 0
    ) {
        self.id = id
        self.sender = sender
        self.recipient = recipient
        self.state = state
        self.createdAtSeconds = createdAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
        self.openedAtSeconds = openedAtSeconds
        self.restsUntilSeconds = restsUntilSeconds
        self.wrongGuesses = wrongGuesses
    }
}

/// A message that is held back.
package struct HeldMessage: Sendable, Equatable {
    package struct Recipient: Sendable, Equatable {
        package let address: String
        package let rules: [String]
        package let reason: String

        package init(address: String, rules: [String], reason: String) {
            self.address = address
            self.rules = rules
            self.reason = reason
        }
    }

    package let id: String
    package let sender: String
    package let recipients: [Recipient]
    package let bytes: Int
    package let receivedAtSeconds: Int64
    package let expiresAtSeconds: Int64

    package init(
        id: String, sender: String, recipients: [Recipient], bytes: Int, receivedAtSeconds: Int64,
        expiresAtSeconds: Int64
    ) {
        self.id = id
        self.sender = sender
        self.recipients = recipients
        self.bytes = bytes
        self.receivedAtSeconds = receivedAtSeconds
        self.expiresAtSeconds = expiresAtSeconds
    }
}

/// All held messages, and whether they can be released from here.
package struct HeldMessages: Sendable, Equatable {
    package enum Release: Sendable, Equatable {
        /// There is no quarantine.
        case notSetUp
        /// The officer's secret key is elsewhere: only the command can do it.
        case byCommandOnly
        case here
    }
    package let release: Release
    /// Oldest first.
    package let messages: [HeldMessage]

    package init(release: Release, messages: [HeldMessage]) {
        self.release = release
        self.messages = messages
    }
}

/// A certificate, or a file without one.
package struct KeyEntry: Sendable, Equatable {
    package let file: String
    package let fingerprint: String
    package let addresses: [String]
    package let expiresAtSeconds: Int64?
    package let problems: [String]

    package init(file: String, fingerprint: String, addresses: [String], expiresAtSeconds: Int64?, problems: [String]) {
        self.file = file
        self.fingerprint = fingerprint
        self.addresses = addresses
        self.expiresAtSeconds = expiresAtSeconds
        self.problems = problems
    }
}

/// The key folder.
package struct KeyFolderState: Sendable, Equatable {
    package let folder: String
    /// Why the folder cannot be relied on, or nil.
    package let problem: String?
    package let entries: [KeyEntry]
    /// Names that no look-up reads.
    package let ignoredFiles: [String]

    package init(folder: String, problem: String?, entries: [KeyEntry], ignoredFiles: [String]) {
        self.folder = folder
        self.problem = problem
        self.entries = entries
        self.ignoredFiles = ignoredFiles
    }

    /// Addresses that more than one file claims, with the files; messages are sealed to all of them.
    package var claimedTwice: [(address: String, files: [String])] {
        var files: [String: Set<String>] = [:]
        for entry in entries { for address in entry.addresses { files[address, default: []].insert(entry.file) } }
        return files.filter { $0.value.count > 1 }.map { ($0.key, $0.value.sorted()) }.sorted { $0.0 < $1.0 }
    }
}

/// A message that was not taken, or not for everybody.
package struct RefusedMessage: Sendable, Equatable {
    package struct Recipient: Sendable, Equatable {
        package let address: String
        /// `pass`, `seal`, `quarantine`, `refuse`, `tempfail`, or nil where nothing was judged.
        package let verdict: String?
        package let rules: [String]
        /// How the verdict came about.
        package let notes: [String]
        /// What was answered for this recipient alone, or nil.
        package let said: String?

        package init(address: String, verdict: String?, rules: [String], notes: [String], said: String?) {
            self.address = address
            self.verdict = verdict
            self.rules = rules
            self.notes = notes
            self.said = said
        }
    }

    package let id: String
    package let atSeconds: Int64
    package let sender: String
    package let recipients: [Recipient]
    /// True where the sender may try again.
    package let isTemporary: Bool
    /// `550 5.7.1`
    package let reply: String
    /// What the sender was told.
    package let said: String
    /// What the log says besides.
    package let detail: String

    package init(
        id: String, atSeconds: Int64, sender: String, recipients: [Recipient], isTemporary: Bool, reply: String,
        said: String, detail: String
    ) {
        self.id = id
        self.atSeconds = atSeconds
        self.sender = sender
        self.recipients = recipients
        self.isTemporary = isTemporary
        self.reply = reply
        self.said = said
        self.detail = detail
    }
}

/// What else is known of the gateway's state.
package struct HealthFacts: Sendable {
    package struct Certificate: Sendable, Equatable {
        /// Where it is shown: `listen.smtp 0.0.0.0:25`, …
        package let place: String
        package let path: String
        /// nil where the file cannot be read.
        package let expiresAtSeconds: Int64?

        package init(place: String, path: String, expiresAtSeconds: Int64?) {
            self.place = place
            self.path = path
            self.expiresAtSeconds = expiresAtSeconds
        }
    }

    package let hostname: String
    package let version: String
    /// Name and version of programs that are used.
    package let programs: [(name: String, version: String)]
    package let startedAtSeconds: Int64
    /// Name and bytes, with what the log of each has.
    package let databases: [(name: String, bytes: Int64)]
    package let freeBytes: Int64?
    package let certificates: [Certificate]
    /// nil: never since the start.
    package let reloadedAtSeconds: Int64?
    /// Why the last reload failed, or nil.
    package let reloadProblem: String?

    package init(
        hostname: String, version: String, programs: [(name: String, version: String)], startedAtSeconds: Int64,
        databases: [(name: String, bytes: Int64)], freeBytes: Int64?, certificates: [Certificate],
        reloadedAtSeconds: Int64?, reloadProblem: String?
    ) {
        self.hostname = hostname
        self.version = version
        self.programs = programs
        self.startedAtSeconds = startedAtSeconds
        self.databases = databases
        self.freeBytes = freeBytes
        self.certificates = certificates
        self.reloadedAtSeconds = reloadedAtSeconds
        self.reloadProblem = reloadProblem
    }
}

/// Why something could not be looked up or done, in words for an administrator.
package struct AdminProblem: Error, Sendable, Equatable {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
}

/// Looks things up and does what the page can do. Every call may come from any visitor's request.
package protocol AdminDesk: Sendable {
    /// Since local midnight.
    func flow() async throws(AdminProblem) -> FlowOfDay
    /// Newest first.
    func letters() async throws(AdminProblem) -> [LetterLine]
    func held() async throws(AdminProblem) -> HeldMessages
    func keys() async throws(AdminProblem) -> KeyFolderState
    /// Newest first; a bounded number.
    func refusals() async -> [RefusedMessage]
    func health() async -> HealthFacts
    /// Deletes a letter. - Returns: false where there is none of this id.
    func revoke(_ id: String, by who: String) async throws(AdminProblem) -> Bool
    /// Destroys a held message. - Returns: false where it is not held.
    func drop(_ id: String, reason: String, by who: String) async throws(AdminProblem) -> Bool
    /// Releases a held message. - Returns: false where it is not held. Throws where a recipient stays held.
    func release(_ id: String, by who: String) async throws(AdminProblem) -> Bool
}
