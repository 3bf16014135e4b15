// Who may read and change what the gateway relies on. Touches modes and owners only; no file is opened.

import Glibc
import POSIX
import Settings
import SettingValues

/// Folders and files that the settings name.
struct FileChecks {
    let settings: LetterlockSettings
    let settingsFile: String?

    private static let area = "files"

    func findings() -> [Finding] {
        var findings: [Finding] = []
        if let settingsFile { findings += trusted(settingsFile, "the settings") }
        findings += trusted(settings.keys, "the key folder") + trusted(settings.policy, "the policy folder")
        findings += state()
        for (path, what) in secrets { findings += secret(path, what) }
        return findings.isEmpty
            ? [.ok(Self.area, "permissions of settings, keys, policy and state are right")] : findings
    }

    private var secrets: [(path: String, what: String)] {
        var files: [(String, String)] = []
        if let users = settings.users { files.append((users, "the file of users")) }
        if let auth = settings.nextHop.login { files.append((auth.passwordFile, "the password for the next hop")) }
        let listeners = settings.listen.smtp + settings.listen.lmtp
        let keys = Set(listeners.filter { $0.tls != .none }.compactMap(\.files.key))
        files += keys.sorted().map { ($0, "the TLS key") }
        return files
    }

    /// A user who can change these decides what leaves in clear.
    private func trusted(_ path: String, _ what: String) -> [Finding] {
        guard let status = Self.status(path) else {
            return [
                .fail(
                    Self.area, "\(what) \"\(path)\": \(Self.reason)", hint: "make it, or name another in the settings")
            ]
        }
        guard access(path, R_OK) == 0 else {
            return [.fail(Self.area, "\(what) \"\(path)\" cannot be read", hint: "let the gateway's user read it")]
        }
        if status.st_mode & 0o002 != 0 {
            return [.fail(Self.area, "everybody can change \(what) \"\(path)\"", hint: "chmod o-w \"\(path)\"")]
        }
        if status.st_mode & 0o020 != 0 {
            return [
                .warn(
                    Self.area, "a group can change \(what) \"\(path)\"",
                    hint: "chmod g-w \"\(path)\", unless its group is meant to")
            ]
        }
        return []
    }

    private func secret(_ path: String, _ what: String) -> [Finding] {
        guard let status = Self.status(path) else {
            return [
                .fail(
                    Self.area, "\(what) \"\(path)\": \(Self.reason)", hint: "make it, or name another in the settings")
            ]
        }
        guard access(path, R_OK) == 0 else {
            return [.fail(Self.area, "\(what) \"\(path)\" cannot be read", hint: "let the gateway's user read it")]
        }
        guard status.st_mode & 0o027 == 0 else {
            return [
                .fail(
                    Self.area, "\(what) \"\(path)\" has mode \(Self.octal(status.st_mode)): too wide",
                    hint: "chmod 600 \"\(path)\", or 640 with a group of its own")
            ]
        }
        return []
    }

    private func state() -> [Finding] {
        guard let state = Self.status(settings.state) else {
            let parent = settings.state.split(separator: "/").dropLast().joined(separator: "/")
            let folder = settings.state.hasPrefix("/") ? "/\(parent)" : parent.isEmpty ? "." : parent
            guard access(folder, W_OK) == 0 else {
                return [
                    .fail(
                        Self.area, "the state folder \"\(settings.state)\" is missing and cannot be made here",
                        hint:
                            "make it, owned by the gateway's user: install -d -m 755 -o letterlock "
                            + "\"\(settings.state)\""
                    )
                ]
            }
            return []
        }
        var findings: [Finding] = []
        if geteuid() == 0, state.st_uid != 0 {
            findings.append(
                .warn(
                    Self.area,
                    "doctor runs as root, and the state belongs to another user: root may do what that user may not",
                    hint: "run it as that user: sudo -u \"#\(state.st_uid)\" letterlock doctor"))
        }
        for (name, tooWide, right) in [("gateway", mode_t(0o077), "700"), ("letters", mode_t(0o007), "2770")] {
            let path = "\(settings.state)/\(name)"
            guard let status = Self.status(path) else { continue }
            if status.st_mode & tooWide != 0 {
                findings.append(
                    .fail(
                        Self.area, "\"\(path)\" has mode \(Self.octal(status.st_mode)): too wide",
                        hint: "chmod \(right) \"\(path)\""))
            }
            if access(path, W_OK) != 0 {
                findings.append(
                    .fail(
                        Self.area, "\"\(path)\" cannot be written: \(Self.reason)",
                        hint: "give it to the gateway's user, on a file system that can be written"))
            }
        }
        return findings
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    private static var reason: String { SystemError().words }
    private static func octal(_ mode: mode_t) -> String { "0" + String(mode & 0o7777, radix: 8) }
}
