// Reads the entries of `listen.smtp`, `listen.lmtp` and `listen.milter`. YAML nodes in, listeners or a Problem out.
// Pure.

import Mail
import SettingValues
import Yams

/// Listeners of one kind: each an address, or a map.
struct ListenerReader {
    /// What is spoken there; not every key makes sense everywhere.
    enum Door: String { case smtp, lmtp, milter }

    let door: Door
    /// Where relative paths start.
    let folder: String

    private static let networkForm = "an address or network such as \"10.0.0.0/8\" or \"::1\", or \"unix\""

    /// Keys of the map, with the doors that know them.
    private static let keys: [(name: String, doors: [Door])] =
        [
            ("address", [.smtp, .lmtp, .milter]), ("tls", [.smtp, .lmtp]), ("certificate", [.smtp, .lmtp]),
            ("key", [.smtp, .lmtp]), ("auth", [.smtp]), ("trusted-peers", [.smtp, .lmtp]),
            ("proxy-peers", [.smtp, .lmtp]), ("split", [.milter]),
        ]
        + ListenerLimits.fields.map {
            ($0.name, doors(ofLimit: $0.name))
        }

    /// Where a limit is looked at: a key that nothing reads must not be taken.
    private static func doors(ofLimit name: String) -> [Door] {
        switch name {
        case "login-failures": [.smtp]
        // A milter's connections are one MTA's, and live as long as it likes.
        case "connections-per-client", "session": [.smtp, .lmtp]
        default: [.smtp, .lmtp, .milter]
        }
    }

    /// A list of listeners, or a single one.
    func listeners(_ node: Node) throws(Problem) -> [ListenerSettings] {
        if node.mapping != nil { return [try listener(node)] }
        var listeners: [ListenerSettings] = []
        for item in try ValueReader.list(node, of: "addresses") { listeners.append(try listener(item)) }
        return listeners
    }

    private func listener(_ node: Node) throws(Problem) -> ListenerSettings {
        guard let map = node.mapping else { return .init(try ValueReader.address(node)) }
        guard let place = map.first(where: { $0.key.string == "address" })?.value else {
            if let wrong = map.first(where: { !isKnown($0.key.string ?? "") }) { throw unknown(wrong.key) }
            throw Problem(message: "a listener has no \"address\"", node: node)
        }
        var listener = ListenerSettings(try ValueReader.address(place))
        for (key, value) in map {
            let name = key.string ?? ""
            guard isKnown(name) else { throw unknown(key) }
            if ValueReader.isAbsent(value) { continue }
            try read(name, value, into: &listener)
        }
        guard (listener.files.certificate == nil) == (listener.files.key == nil) else {
            throw Problem(
                message: "\"\(listener.address)\" names only one of certificate and key",
                hint: "write both, or neither to use those under \"tls\"", node: node)
        }
        return listener
    }

    private func read(
        _ name: String, _ value: Node, into listener: inout ListenerSettings
    ) throws(Problem) {
        switch name {
        case "address": break
        case "tls": listener.tls = try ValueReader.word(value)
        case "certificate": listener.files.certificate = try path(value)
        case "key": listener.files.key = try path(value)
        case "auth": listener.auth = try ValueReader.word(value)
        case "trusted-peers": listener.trustedPeers = try Self.networks(value)
        case "proxy-peers": listener.proxyPeers = try Self.networks(value)
        case "split": listener.split = try ValueReader.flag(value)
        default: listener.limits.values[name] = try limit(name, value)
        }
    }

    /// A limit takes what the key of the same name under `limits` takes.
    private func limit(_ name: String, _ value: Node) throws(Problem) -> Int? {
        guard let setting = SettingsSchema.byPath["limits.\(name)"],
            let field = ListenerLimits.fields.first(where: { $0.name == name })?.field
        else { return nil }  // unreachable: a test reads every one
        var scratch = LetterlockSettings()
        do throws(Problem) { try setting.read(value, folder, &scratch) } catch { throw error.at(value) }
        return scratch.limits[keyPath: field]
    }

    private func path(_ value: Node) throws(Problem) -> String {
        do throws(Problem) { return try ValueReader.path(value, in: folder) } catch { throw error.at(value) }
    }

    /// Networks, or `unix`, in their canonical spelling.
    static func networks(_ value: Node) throws(Problem) -> [String] {
        var networks: [String] = []
        for item in try ValueReader.list(value, of: "networks") {
            let text = try ValueReader.scalar(item, takes: Self.networkForm)
            // The mode of the Unix socket's file says who reaches it.
            if text == "unix" {
                networks.append(text)
                continue
            }
            guard let network = Network.canonical(text) else {
                throw Problem(message: "\"\(text)\" is not \(Self.networkForm)", node: item)
            }
            networks.append(network)
        }
        return networks
    }

    private func isKnown(_ name: String) -> Bool { Self.keys.contains { $0.name == name && $0.doors.contains(door) } }

    /// A key that nobody knows, or that makes no sense at this door.
    private func unknown(_ key: Node) -> Problem {
        guard let other = Self.keys.first(where: { $0.name == key.string }) else {
            return ValueReader.unknown(key, among: Self.keys.filter { $0.doors.contains(door) }.map(\.name))
        }
        let doors = other.doors.map { "listen.\($0.rawValue)" }.joined(separator: " and ")
        let hint =
            door == .milter && other.name == "tls"
            ? "the milter protocol has no TLS: use a Unix socket or loopback" : "leave it out"
        return Problem(
            message: "\"\(other.name)\" is a key of \(doors), and means nothing here", hint: hint, node: key)
    }
}

extension Problem {
    /// The problem with a place, where it has none yet.
    func at(_ node: Node) -> Problem {
        var problem = self
        if problem.mark == nil { problem.mark = node.mark.map { ($0.line, $0.column) } }
        return problem
    }
}
