// The portal as a program of its own, for a Unix user of its own: it knows no keys and speaks no SMTP.
// Takes arguments, the settings file and LETTERLOCK_ variables; reads and counts in state/letters/letters.db.
// Exit codes are those of sysexits(3): 0 stopped as told, 64 usage, 66 no such file, 69 address or letters unavailable,
// 78 settings.

import Cryptography
import Foundation
import Logging
import Logs
import Mail
import Portal
import Settings
import SettingValues
import Vault
import VaultSQLite
import Wording

@main
struct LetterlockPortal {
    static func main() async {
        exit(await run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ words: [String]) async -> Int32 {
        let arguments: Arguments
        switch Arguments.parse(words) {
        case .help:
            print(Arguments.help)
            return 0
        case .hashes:
            do throws(CryptographyError) {
                for line in try PublishedHashes.lines() { print(line) }
                return 0
            } catch {
                complain("making the hashes: \(error)")
                return 69
            }
        case .wrong(let reason):
            complain("\(reason)\n\(Arguments.usage)")
            return 64
        case .arguments(let parsed): arguments = parsed
        }
        if arguments.endsWithInput { endWithInput() }
        do {
            let settings = try settings(arguments)
            let configuration = configuration(arguments, settings)
            let sink = LogSink(LogOptions(settings.log))
            LoggingSystem.bootstrap { _ in sink.handler() }
            if arguments.isPreview {
                let (mails, missing) = PreviewRun.mails(config: arguments.config)
                if let missing { complain(missing) }
                let open = { (folder: String) throws(Refusal) -> (any GatewayLetters, any PortalLetters) in
                    (try LetterDatabase(folder: folder), try PortalLetterDatabase(folder: folder))
                }
                try await Preview.serve(configuration, opening: open, mails: mails, mailsMissing: missing) { menu in
                    complain("the preview is at \(menu)")
                    if arguments.printAddress {
                        print(menu)
                        fflush(nil)
                    }
                }
                return 0
            }
            let logger = Logger(label: "letterlock-portal")
            let open = { (folder: String) throws(Refusal) -> any PortalLetters in
                try PortalLetterDatabase(folder: folder)
            }
            try await PortalServer.serve(configuration, opening: open) { address in
                let url = address.url(isTLS: configuration.tls != nil)
                logger.info("listening on \(url)")
                if arguments.printAddress {
                    print(url)
                    fflush(nil)
                }
            }
            return 0
        } catch let stop as Stop {
            complain(stop.reason)
            return stop.code
        } catch {
            complain("\(error)")
            return 69
        }
    }

    /// Ends the process when nobody holds the other end of standard input any more: at once, as the one that started it
    /// is gone and a new one wants the address. Letters and attempts are on disk before anything is answered.
    private static func endWithInput() {
        Thread.detachNewThread {
            var octet: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &octet, 1)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { break }
            }
            complain("the program that started it has ended")
            _exit(0)
        }
    }

    private static func settings(_ arguments: Arguments) throws -> LetterlockSettings {
        let places = ["letterlock.yaml", "/etc/letterlock/letterlock.yaml"]
        if let file = arguments.config, !FileManager.default.fileExists(atPath: file) {
            throw Stop(code: 66, reason: "reading \"\(file)\": no such file")
        }
        let file = arguments.config ?? places.first { FileManager.default.fileExists(atPath: $0) }
        let settings: LetterlockSettings
        do throws(SettingsErrors) {
            settings = try LetterlockSettings.load(file: file, environment: ProcessInfo.processInfo.environment)
        } catch {
            throw Stop(code: 78, reason: "settings cannot be used\n\(error.description)")
        }
        for warning in settings.warnings { complain(warning.description) }
        return settings
    }

    /// The settings, then the arguments over them.
    private static func configuration(_ arguments: Arguments, _ settings: LetterlockSettings) -> PortalConfiguration {
        var configuration = PortalConfiguration(
            address: arguments.listen ?? (arguments.isPreview ? Self.previewAddress : settings.listen.portal),
            lettersFolder: arguments.letters ?? "\(settings.state)/letters")
        configuration.take(settings)
        if arguments.isPreview {
            // On loopback, for one person: without TLS, and without throttles in the way.
            configuration.tls = nil
            configuration.isPublicHTTPS = false
        }
        return configuration
    }

    private static let previewAddress = HostPort.tcp(host: "127.0.0.1", port: 8480)

    private static func complain(_ words: String) {
        FileHandle.standardError.write(Data("letterlock-portal: \(words)\n".utf8))
    }
}

/// Ends the program with a reason.
private struct Stop: Error {
    let code: Int32
    let reason: String
}

extension PortalConfiguration {
    /// What the settings say about the portal, but for address and folder.
    fileprivate mutating func take(_ settings: LetterlockSettings) {
        let portal = settings.portal
        tls = portal.tls.files
        isPublicHTTPS = settings.links.url?.hasPrefix("https://") ?? false
        trustedPeers = PeerList(portal.trustedPeers)
        forwardedField = portal.forwarded
        throttle = portal.throttle
        organisation = settings.links.organisation
        language = settings.links.languages.fallback
    }
}
