// `letterlock doctor`: looks at an installation from outside, and changes nothing. The order is that of a repair: what
// comes first is needed by what comes later. Touches (reading) the files that the settings name, gpg,
// letterlock-extract, the next hop, the gateway's admin listener, the portal and the public address of links, the two
// databases, Postfix's settings.

package import Gateway
import Mail
package import NIOCore
import Settings
package import SettingValues

/// Everything that is checked of one set-up.
package struct SetupChecks: Sendable {
    let settings: LetterlockSettings
    let configuration: GatewayConfiguration
    let settingsFile: String?
    let postfixFolders: [String]?
    let group: any EventLoopGroup
    let nowSeconds: Int64

    /// - Parameters:
    ///   - settingsFile: as it was found, or nil where the defaults hold.
    ///   - postfixFolders: folders with a main.cf; nil: the usual one, where it is there, and those that it manages.
    ///   - group: carries the connection to the next hop.
    package init(
        _ settings: LetterlockSettings, _ configuration: GatewayConfiguration, settingsFile: String?,
        postfixFolders: [String]?, group: any EventLoopGroup, nowSeconds: Int64
    ) {
        self.settings = settings
        self.configuration = configuration
        self.settingsFile = settingsFile
        self.postfixFolders = postfixFolders
        self.group = group
        self.nowSeconds = nowSeconds
    }

    /// Everything, in order.
    package func findings() async -> [Finding] {
        var findings = settingsFindings()
        findings += fileFindings()
        findings += await gpgFindings()
        findings += await helperFindings()
        findings += await signingFindings()
        findings += databaseFindings()
        findings += policyFindings()
        findings += await extractionFindings()
        findings += userFindings()
        findings += await keyFindings()
        findings += await quarantineFindings()
        findings += TLSChecks(settings: settings, nowSeconds: nowSeconds).findings()
        findings += listenerFindings()
        findings += await gatewayFindings()
        findings += await portalFindings()
        findings += await nextHopFindings()
        findings += await homeFindings()
        findings += await machineFindings()
        findings += await postfixFindings()
        return findings
    }

    /// Who may read and change what the gateway relies on.
    package func fileFindings() -> [Finding] {
        FileChecks(settings: settings, settingsFile: settingsFile).findings()
    }

    private func settingsFindings() -> [Finding] {
        guard let settingsFile else {
            return [
                .warn("settings", "there is no settings file: the defaults hold", hint: "copy docs/letterlock.yaml")
            ]
        }
        var findings = settings.warnings.map { warning in
            Finding.warn("settings", warning.message, hint: warning.hint ?? "look at \"\(warning.file)\"")
        }
        if settings.hostname == "localhost" {
            findings.append(
                .warn(
                    "settings", "hostname is \"localhost\": many servers refuse such a greeting",
                    hint: "set `hostname` to the machine's full name"))
        }
        if settings.inside.entries.isEmpty {
            findings.append(
                .warn(
                    "settings", "inside is empty: no address counts as ours",
                    hint: "list your domains under `inside`; rules and links ask for them"))
        }
        return findings.isEmpty ? [.ok("settings", "\"\(settingsFile)\" is sound")] : findings
    }
}
