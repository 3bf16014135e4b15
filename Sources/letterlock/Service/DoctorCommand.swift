// `letterlock doctor`: is everything here as it has to be, and what is to be done where it is not.

import ArgumentParser
import Doctor
import Foundation
import Gateway
import Mail
import NIOPosix
import Settings
import SettingValues

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check the installation and say what to do.",
        discussion: """
            Looks at settings, gpg, permissions, databases, policy, keys, TLS files, listeners, the running gateway, \
            the \
            portal and links.url, next hop, clock and Postfix, and changes nothing. Run it as the gateway's user. Exit \
            codes: 0 nothing failed; 1 something did; 78 the settings cannot be used.
            """)

    @Flag(name: .long, help: "Write JSON.")
    var json = false
    @Option(
        name: .long, parsing: .upToNextOption,
        help: "Folders with a main.cf of Postfix. Default: /etc/postfix, and the instances that it manages.")
    var postfix: [String] = []
    @OptionGroup var settings: SettingsOption

    func run() async throws {
        let loaded: LetterlockSettings
        do throws(SettingsErrors) { loaded = try settings.read() } catch {
            throw Stop(.configuration, "settings cannot be used\n\(error.description)")
        }
        let findings = await SetupChecks(
            loaded, GatewayConfiguration(loaded), settingsFile: settings.file,
            postfixFolders: postfix.isEmpty ? nil : postfix, group: .singletonMultiThreadedEventLoopGroup,
            nowSeconds: Int64(Date().timeIntervalSince1970)
        ).findings()
        if json {
            try Console.json(findings)
        } else {
            for finding in findings { Console.out(finding.text) }
        }
        let failed = findings.filter { $0.state == .fail }.count
        let warned = findings.filter { $0.state == .warn }.count
        guard failed == 0 else {
            throw Stop(
                .no, "\(failed) of \(Counted.of(findings.count, "check")) failed, \(Counted.of(warned, "warning"))")
        }
        Console.note("\(Counted.of(findings.count, "check")), none failed, \(Counted.of(warned, "warning"))")
    }
}
