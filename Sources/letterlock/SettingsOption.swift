// The settings as every command finds them, mapped onto what the gateway wants to know.

import ArgumentParser
import Foundation
import Gateway
import Mail
import Sealing
import Settings

/// `--config FILE`, shared by the commands.
struct SettingsOption: ParsableArguments {
    @Option(name: .long, help: "Settings file. Default: ./letterlock.yaml, then /etc/letterlock/letterlock.yaml.")
    var config: String?

    /// The settings; defaults where there is no file at all and none was asked for.
    /// - Parameter required: stop where no file is found.
    func load(required: Bool = false) throws -> LetterlockSettings {
        let places = ["letterlock.yaml", "/etc/letterlock/letterlock.yaml"]
        let file = config ?? places.first { FileManager.default.fileExists(atPath: $0) }
        if let config, !FileManager.default.fileExists(atPath: config) {
            throw Stop(.noInput, "reading \"\(config)\": no such file")
        }
        if file == nil, required {
            throw Stop(
                .configuration,
                "no settings: none of \(places.joined(separator: ", ")) exists\n  hint: copy docs/letterlock.yaml, or name a file with --config"
            )
        }
        do throws(SettingsErrors) {
            let settings = try LetterlockSettings.load(file: file, environment: ProcessInfo.processInfo.environment)
            for warning in settings.warnings { Console.note(warning.description) }
            return settings
        } catch {
            throw Stop(.configuration, "settings cannot be used\n\(error.description)")
        }
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
        }
        self.init(
            hostname: settings.hostname, inside: settings.inside, unattended: settings.links.unattended,
            keysFolder: settings.keys, policyFolder: settings.policy, stateFolder: settings.state,
            smtp: settings.listen.smtp.map(\.address), nextHop: settings.nextHop.address,
            gpgProgram: settings.gpg.program,
            gpgTimeoutSeconds: settings.gpg.timeoutSeconds, gpgWorkers: settings.gpg.workers, links: links,
            limits: settings.limits)
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
