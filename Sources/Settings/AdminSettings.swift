// Who may open the admin page, and from where. The listener itself is `listen.admin`.

import Mail
import Yams

extension LetterlockSettings {
    /// The admin page.
    package struct Admin: Sendable, Equatable {
        /// The file that `letterlock admin` writes, or nil: nobody is asked for a password.
        package internal(set) var users: String?
        /// Certificate and key of the listener; those of ``LetterlockSettings/tls`` where none are named and the listener is
        /// not on loopback.
        package internal(set) var files = TLSFiles()
        /// Names by which browsers may ask for the page, besides loopback's.
        package internal(set) var names: [String] = []
        /// A session without a request ends after so many seconds.
        package internal(set) var idleSeconds = 15 * 60
        /// A session ends after so many seconds, whatever is done in it.
        package internal(set) var sessionSeconds = 8 * 3600
        /// Networks that may read /metrics and the details of /readyz without logging in, where the listener is not on
        /// loopback.
        package internal(set) var metricsPeers: [String] = []
        /// GnuPG home with the officer's secret key, or nil: nothing is released from the page.
        package internal(set) var releaseHomeFolder: String?
    }

    /// True where only programs on this machine reach the admin listener.
    package var isAdminLocal: Bool {
        switch listen.admin {
        case .tcp(let host, _): SettingValues.isLoopback(host)
        case .unix, nil: true
        }
    }
}

extension SettingsReader {
    /// Off loopback the page needs TLS, and people who can be asked for a password and a code.
    mutating func checkAdmin(name: String) {
        let files = settings.admin.files
        if (files.certificate == nil) != (files.key == nil) {
            let (there, missing) = files.key == nil ? ("certificate", "key") : ("key", "certificate")
            add(
                .error, "admin.\(there)", "there is no \"\(missing)\" beside it",
                hint: "add \"\(missing)\" under admin", name: name)
        }
        guard let address = settings.listen.admin, !settings.isAdminLocal else { return }
        if files.certificate == nil { settings.admin.files = settings.tls }
        if settings.admin.users == nil {
            add(
                .error, "listen.admin",
                "\"\(address)\" is not loopback, and nobody would be asked for a password",
                hint: "set \"admin: {users: PATH}\" and run `letterlock admin add NAME`, or listen on 127.0.0.1",
                name: name)
        }
        if settings.admin.files.certificate == nil || settings.admin.files.key == nil {
            add(
                .error, "listen.admin", "\"\(address)\" is not loopback, and passwords would go in clear",
                hint: "set \"certificate\" and \"key\" under \"admin\" or \"tls\", or listen on 127.0.0.1", name: name)
        }
    }
}

extension SettingValues {
    /// Host names or addresses, in lower case.
    static func hostNames(_ node: Node) throws(Problem) -> [String] {
        var names: [String] = []
        for item in try list(node, of: "host names") {
            let takes = "a host name such as \"admin.example.org\""
            let text = try scalar(item, takes: takes)
            guard !text.isEmpty, text.utf8.count <= 255,
                text.utf8.allSatisfy({ ($0 > 44 && $0 < 127 && $0 != 47) && ![64, 91, 92, 93].contains($0) })
            else { throw Problem(message: "\"\(text)\" is not \(takes)", node: item) }
            names.append(text.lowercased())
        }
        return names
    }

    /// Networks: `10.0.0.0/8`, `::1`.
    static func networks(_ node: Node) throws(Problem) -> [String] {
        let takes = "an IP address or a network such as \"10.0.0.0/8\""
        var networks: [String] = []
        for item in try list(node, of: "networks") {
            let text = try scalar(item, takes: takes)
            guard let network = Network.canonical(text) else {
                throw Problem(message: "\"\(text)\" is not \(takes)", node: item)
            }
            networks.append(network)
        }
        return networks
    }
}
