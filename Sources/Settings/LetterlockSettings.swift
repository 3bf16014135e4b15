// What the settings file and the environment say, as typed values with their defaults. docs/letterlock.yaml documents
// every key; Tests/SettingsTests compares the two. Values only: nothing here reads a file or the environment.

package import Foundation
package import Mail
package import Wording

/// All settings of a gateway and its portal. Made by ``load(file:environment:)`` only; paths are ready to use.
package struct LetterlockSettings: Sendable, Equatable {
    /// The name in EHLO, in the greeting and in Received fields.
    package internal(set) var hostname = "localhost"
    /// Our own domains and addresses.
    package internal(set) var inside = DomainList([])
    /// Of the times in our own mails; nil is the machine's.
    package internal(set) var timeZone: TimeZone?
    /// Folder of the recipients' certificates.
    package internal(set) var keys = "keys"
    /// Folder of the rules.
    package internal(set) var policy = "policy"
    /// Folder of the state: `gateway/` and `letters/` are made in it.
    package internal(set) var state = "var"
    /// The file of users who may log in, or nil: nobody can.
    package internal(set) var users: String?
    /// Certificate and key of the listeners that name none.
    package internal(set) var tls = TLSFiles()
    /// Where we listen.
    package internal(set) var listen = Listen()
    /// Who may open the admin page.
    package internal(set) var admin = Admin()
    /// Where mail goes that has passed.
    package internal(set) var nextHop = NextHop()
    /// The unlock page.
    package internal(set) var portal = PortalSettings()
    /// Room for letters.
    package internal(set) var storage = StorageSettings()
    /// How gpg is run.
    package internal(set) var gpg = GPG()
    /// The gateway's own key.
    package internal(set) var sign = Sign()
    /// How attachments are looked into.
    package internal(set) var extract = Extract()
    /// Password-unlock links.
    package internal(set) var links = LinkSettings()
    /// What is held back for an officer.
    package internal(set) var quarantine = QuarantineSettings()
    /// What is logged, and how.
    package internal(set) var log = LogSettings()
    /// The features log.
    package internal(set) var features = FeaturesSettings()
    /// All limits.
    package internal(set) var limits = Limits()
    /// What was accepted but will not do what the writer may think.
    package internal(set) var warnings: [Diagnostic] = []

    /// The defaults: what holds where the file says nothing.
    init() {}

    /// Of the times in our own mails.
    package var mailTimeZone: TimeZone { timeZone ?? .current }

    /// The OpenPGP engine.
    package struct GPG: Sendable, Equatable {
        /// Path of the program.
        package internal(set) var program = "/usr/bin/gpg"
        /// Longest run of one operation, in seconds; then the process is killed.
        package internal(set) var timeoutSeconds = 60
        /// Operations at once.
        package internal(set) var workers = 4
    }

    /// The gateway's own OpenPGP key, with which rules let it sign.
    package struct Sign: Sendable, Equatable {
        /// Fingerprint or address, or nil: nothing can be signed.
        package internal(set) var key: String?
        /// GnuPG home with the secret key; nil is `gateway/sign` under the state folder.
        package internal(set) var homeFolder: String?
    }

    /// Looking into attachments.
    package struct Extract: Sendable, Equatable {
        /// Whether it is done.
        package enum When: String, Sendable, CaseIterable {
            /// Where a rule asks what an attachment holds.
            case needed
            /// Not at all.
            case never
        }
        package internal(set) var when = When.needed
        /// Path of letterlock-extract, or nil: the one beside the running program.
        package internal(set) var program: String?
        /// Longest time for one attachment, in seconds.
        package internal(set) var timeoutSeconds = 20
        /// Processes at once.
        package internal(set) var workers = 2
        /// Memory of a process, in bytes.
        package internal(set) var memoryBytes = 512 * 1024 * 1024
        /// Text of one message's attachments, in bytes.
        package internal(set) var textBytes = 10 * 1024 * 1024
        /// What one attachment may unpack to, in bytes.
        package internal(set) var unpackedBytes = 100 * 1024 * 1024
        /// Files inside of one message's attachments.
        package internal(set) var files = 1000
        /// Archives inside of archives.
        package internal(set) var depth = 5
    }

    /// Links behind which letters wait for recipients without a key.
    package struct LinkSettings: Sendable, Equatable {
        /// Public base without a final slash, or nil: then no letter can be put behind a link.
        package internal(set) var url: String?
        /// Life of a letter, in seconds.
        package internal(set) var expireSeconds = 30 * 86_400
        /// Header From of the mails that Letterlock writes; never nil where ``url`` is set.
        package internal(set) var from: Mailbox?
        /// Language of the notification by the recipient's domain.
        package internal(set) var language = LanguageMap()
        /// Whose page and mails these are.
        package internal(set) var organisation = Organisation()
        /// How letters may be answered; nil: not at all.
        package internal(set) var answers: AnswerSettings? = AnswerSettings()
        /// How the password reaches the recipient: the first of these that can be used.
        package internal(set) var password = [PasswordWay.toSender]
        /// How text messages are sent; nil: they are not.
        package internal(set) var sms: TextHook?
        /// A standing password that no letter has used for so long is forgotten, in seconds.
        package internal(set) var standingExpireSeconds = 365 * 86_400
        /// True where the sender is told of every message that went behind links, also where no password is in it.
        package internal(set) var tellsSent = true
        /// True where that mail names the message's subject, unless a rule hides it.
        package internal(set) var tellsSubject = false
        /// Mailboxes nobody reads: they cannot be told a password.
        package internal(set) var unattended = DomainList([])
        /// The longest life that a sender can give a letter, in seconds from its making.
        package internal(set) var longestSeconds = 90 * 86_400
        /// What senders of letters are told by mail.
        package internal(set) var notices = LetterNotices()
    }

    /// Mails to senders about their letters.
    package struct LetterNotices: Sendable, Equatable {
        /// Opened for the first time.
        package internal(set) var opened = true
        /// Resting after wrong passwords.
        package internal(set) var resting = true
        /// Expires in three days, unopened.
        package internal(set) var expiring = true
        /// Expired unopened.
        package internal(set) var expired = true
    }

    /// Answers from behind links.
    package struct AnswerSettings: Sendable, Equatable {
        /// Answers to one letter.
        package internal(set) var count = 5
        /// Bytes of one answer as it is uploaded, files and all.
        package internal(set) var sizeBytes = 25 * 1024 * 1024
        /// Files of one answer.
        package internal(set) var files = 20
        /// Answers of one reader in an hour.
        package internal(set) var perHour = 20
    }

    /// The quarantine: set up where both ``key`` and ``officer`` are there.
    package struct QuarantineSettings: Sendable, Equatable {
        /// File of the certificate that held messages are sealed to, or nil.
        package internal(set) var key: String?
        /// Who is told, and decides; nil where there is none.
        package internal(set) var officer: Mailbox?
        /// How long a message waits, in seconds.
        package internal(set) var keepSeconds = 30 * 86_400
        /// True where an inside sender is told.
        package internal(set) var tellsSender = true
        /// True where the officer is told.
        package internal(set) var tellsOfficer = true
    }

    /// How a password reaches the recipient of a link.
    package enum PasswordWay: String, Sendable, CaseIterable {
        /// By mail to the inside sender, who tells the recipient.
        case toSender = "to-sender"
        /// Chosen by the sender and written into his message.
        case fromSender = "from-sender"
        /// Agreed once with the correspondent.
        case standing
        /// By text message to the reader's telephone.
        case sms
    }
}

/// Languages by recipient domain.
package struct LanguageMap: Sendable, Equatable {
    /// Languages in which notifications can be written.
    package static let known = Language.allCases.map(\.rawValue)
    /// Where no entry matches.
    package internal(set) var fallback = "en"
    /// Domain, `.domain` (its sub-domains, or a whole top-level domain) or address to language, all folded. Which of them
    /// counts for a mailbox is said by `LanguageMap` of Sealing.
    package internal(set) var entries: [String: String] = [:]
}

/// Why the settings cannot be used: every error that was found, and the warnings beside them.
package struct SettingsErrors: Error, Sendable, Equatable, CustomStringConvertible {
    /// At least one of severity `error`, in the order of the file.
    package let diagnostics: [Diagnostic]
    /// One finding after the other, each on lines of its own.
    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
