// The settings as every command finds them, mapped onto what the gateway wants to know.

import ArgumentParser
import Extraction
import ExtractionWire
import Foundation
import Gateway
import Listeners
import Mail
import Policy
import Sealing
import Settings
import Texting
import Vault
import Wording

/// `--config FILE`, shared by the commands.
struct SettingsOption: ParsableArguments {
    @Option(name: .long, help: "Settings file. Default: ./letterlock.yaml, then /etc/letterlock/letterlock.yaml.")
    var config: String?

    private static let places = ["letterlock.yaml", "/etc/letterlock/letterlock.yaml"]

    /// The settings file that ``load(required:)`` reads, or nil.
    var file: String? { config ?? Self.places.first { FileManager.default.fileExists(atPath: $0) } }

    /// The settings; defaults where there is no file at all and none was asked for.
    /// - Parameter required: stop where no file is found.
    func load(required: Bool = false) throws -> LetterlockSettings {
        let file = file
        if let config, !FileManager.default.fileExists(atPath: config) {
            throw Stop(.noInput, "reading \"\(config)\": no such file")
        }
        if file == nil, required {
            throw Stop(
                .configuration,
                "no settings: none of \(Self.places.joined(separator: ", ")) exists\n  hint: copy docs/letterlock.yaml, or name a file with --config"
            )
        }
        do throws(SettingsErrors) {
            let settings = try read()
            for warning in settings.warnings { Console.note(warning.description) }
            return settings
        } catch {
            throw Stop(.configuration, "settings cannot be used\n\(error.description)")
        }
    }
}

extension SettingsOption {
    /// The settings as they are now; says nothing.
    func read() throws(SettingsErrors) -> LetterlockSettings {
        try LetterlockSettings.load(file: file, environment: ProcessInfo.processInfo.environment)
    }
}

extension GatewayConfiguration {
    /// The gateway's view of the settings.
    init(_ settings: LetterlockSettings) {
        var links: Sealing.LinkSettings?
        if let url = settings.links.url, let from = settings.links.from {
            links = Sealing.LinkSettings(
                baseURL: url, expireSeconds: Int64(settings.links.expireSeconds), from: from,
                languages: Sealing.LanguageMap(settings.links.language))
            links?.organisation = settings.links.organisation
            if let answers = settings.links.answers {
                links?.takeAnswers(
                    count: answers.count, bytes: answers.sizeBytes, files: answers.files, perHour: answers.perHour)
            } else {
                links?.takeNoAnswers()
            }
            links?.tellsSent = settings.links.tellsSent
            links?.tellsSubject = settings.links.tellsSubject
            links?.offersStanding = settings.links.password.contains(.standing)
            links?.longestSeconds = Int64(max(settings.links.longestSeconds, settings.links.expireSeconds))
        }
        let held = settings.quarantine
        self.init(
            hostname: settings.hostname, inside: settings.inside, unattended: settings.links.unattended,
            keysFolder: settings.keys, policyFolder: settings.policy, stateFolder: settings.state,
            doors: settings.listen.smtp.map { GatewayDoor($0, .smtp, settings.limits) }
                + settings.listen.lmtp.map { GatewayDoor($0, .lmtp, settings.limits) },
            nextHop: NextHopSettings(settings.nextHop), usersFile: settings.users,
            gpgProgram: settings.gpg.program, gpgTimeoutSeconds: settings.gpg.timeoutSeconds,
            gpgWorkers: settings.gpg.workers, links: links,
            limits: settings.limits,
            milter: settings.listen.milter.map {
                MilterDoor(
                    address: $0.address, splits: $0.split, limits: $0.limits.applied(to: settings.limits))
            })
        notices = NoticeSettings(settings.links.notices)
        timeZone = settings.mailTimeZone
        features = settings.features.file.map {
            FeaturesSettings(
                file: $0, saltFile: settings.features.saltFile,
                keepsDomains: settings.features.outsideDomains == .keep, headers: settings.features.headers)
        }
        sign(with: settings.sign.key, homeFolder: settings.sign.homeFolder)
        if let key = held.key, let officer = held.officer {
            quarantine = QuarantineSettings(
                keyFile: key, officer: officer, keepSeconds: Int64(held.keepSeconds), tellsSender: held.tellsSender,
                tellsOfficer: held.tellsOfficer)
        }
        extraction = ExtractionSettings(settings.extract)
        passwords = settings.links.password.compactMap { PasswordMode(rawValue: $0.rawValue) }
        texts = settings.links.sms.map(Texting.TextHook.init)
        standingExpireSeconds = Int64(settings.links.standingExpireSeconds)
        storage.lettersBytes = settings.storage.lettersBytes
        storage.perRecipientBytes = settings.storage.perRecipientBytes
        storage.alarmPercent = settings.storage.alarmPercent
    }
}

extension Texting.TextHook {
    /// The view of who sends text messages.
    init(_ hook: LetterlockSettings.TextHook) {
        let target: Target =
            switch hook.target {
            case .url(let url): .url(url)
            case .command(let words): .command(words)
            }
        self.init(
            target: target, headerFile: hook.headerFile, caFile: hook.caFile, body: hook.body,
            contentType: hook.contentType, timeoutSeconds: hook.timeoutSeconds, tries: hook.tries)
    }
}

extension NoticeSettings {
    /// The gateway's view of what senders are told.
    init(_ notices: LetterlockSettings.LetterNotices) {
        self.init()
        opened = notices.opened
        resting = notices.resting
        expiring = notices.expiring
        expired = notices.expired
    }
}

extension ExtractionSettings {
    /// Extraction's view of the settings.
    init(_ extract: LetterlockSettings.Extract) {
        self.init()
        isOn = extract.when == .needed
        program = extract.program
        timeoutSeconds = extract.timeoutSeconds
        workers = extract.workers
        memoryBytes = extract.memoryBytes
        limits.textBytes = extract.textBytes
        limits.unpackedBytes = extract.unpackedBytes
        limits.files = extract.files
        limits.depth = extract.depth
        limits.cpuSeconds = max(1, extract.timeoutSeconds * 3 / 4)
    }
}

extension GatewayDoor {
    /// The gateway's view of a listener.
    init(
        _ listener: LetterlockSettings.Listener, _ doorProtocol: ListenerConfiguration.DoorProtocol, _ limits: Limits
    ) {
        var tls = ListenerConfiguration.TLS.none
        // The settings have checked that both paths are there wherever TLS is.
        if let certificate = listener.files.certificate, let key = listener.files.key {
            let files = ListenerConfiguration.TLSFiles(certificatePath: certificate, keyPath: key)
            switch listener.tls {
            case .none: tls = .none
            case .starttls: tls = .starttls(files)
            case .implicit: tls = .implicit(files)
            }
        }
        let login: Login =
            switch listener.auth {
            case .none: .none
            case .optional: .optional
            case .required: .required
            }
        self.init(
            address: listener.address, protocol: doorProtocol, tls: tls, login: login,
            trustedPeers: listener.trustedPeers, proxyPeers: listener.proxyPeers,
            limits: listener.limits.values.isEmpty ? nil : listener.limits.applied(to: limits))
    }
}

extension NextHopSettings {
    /// The gateway's view of the next hop; the settings have checked the pins.
    init(_ hop: LetterlockSettings.NextHop) {
        self.init(
            address: hop.address, tls: TLS(rawValue: hop.tls.rawValue) ?? .verified, isImplicit: hop.isImplicitTLS,
            caFile: hop.caFile, pins: hop.pins.compactMap { KeyPin($0) }, name: hop.name,
            login: hop.auth.map { Login(user: $0.user, passwordFile: $0.passwordFile) })
    }
}

extension Sealing.LanguageMap {
    /// The languages of the settings; the settings have checked that each is known.
    init(_ map: Settings.LanguageMap) {
        self.init(
            fallback: Language(rawValue: map.fallback) ?? .en,
            bySuffix: map.entries.compactMapValues(Language.init(rawValue:)))
    }
}

/// `--to ADDR… FILE`: the parser gives the file to `--to` where nothing stands between them.
enum Recipients {
    /// - Parameters:
    ///   - words: what `--to` took.
    ///   - file: the message file, or nil where `--to` may have taken it: then the last word that is no address is it.
    /// - Throws: ``Stop`` with 64 for a word that is no address.
    static func read(_ words: [String], file: String?) throws -> (mailboxes: [Mailbox], file: String?) {
        var words = words
        var file = file
        if file == nil, let last = words.last, words.count > 1,
            Mailbox(last) == nil || FileManager.default.fileExists(atPath: last)
        {
            file = words.removeLast()
        }
        let mailboxes = try words.map { text in
            guard let mailbox = Mailbox(text) else {
                throw Stop(
                    .usage,
                    "--to \"\(text)\" is no mail address: \(Mailbox.fault(in: text))\n  hint: write it as name@example.org"
                )
            }
            return mailbox
        }
        return (mailboxes, file)
    }
}
