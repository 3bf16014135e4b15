// Checks of values against each other, after all of them were read.

import Mail

extension SettingsReader {
    /// Adds errors and warnings that no single value shows.
    /// - Parameter name: the settings file as the user named it, for findings about a key that was not set.
    mutating func checkTogether(name: String) {
        checkListeners(name: name)
        checkNextHop(name: name)
        checkLinks(name: name)
        for kind in ["lmtp", "milter"] {
            let listeners = kind == "lmtp" ? settings.listen.lmtp : settings.listen.milter
            guard let first = listeners.first else { continue }
            add(
                .warning, "listen.\(kind)",
                "this build cannot serve \(kind) yet: nothing listens on \"\(first.address)\"",
                hint: "use listen.smtp", name: name)
        }
    }

    private mutating func checkListeners(name: String) {
        let listen = settings.listen
        let all =
            listen.smtp.map { ("listen.smtp", $0.address) } + listen.lmtp.map { ("listen.lmtp", $0.address) }
            + listen.milter.map { ("listen.milter", $0.address) }
            + [("listen.portal", listen.portal), ("listen.admin", listen.admin)]
        var seen: [HostPort: String] = [:]
        for (path, address) in all {
            if case .tcp(_, 0) = address { continue }
            if let other = seen[address] {
                add(
                    .error, path, "\"\(address)\" is already taken by \(other)",
                    hint: "give each listener its own address", name: name)
            }
            seen[address] = path
        }
    }

    private mutating func checkNextHop(name: String) {
        let target = HostPort.tcp(host: settings.nextHop.host, port: settings.nextHop.port)
        if settings.listen.smtp.contains(where: { $0.address == target }) {
            add(
                .error, "next-hop.address", "\"\(target)\" is our own listener: mail would go round in a loop",
                hint: "name the server that takes mail after Letterlock", name: name)
        }
    }

    private mutating func checkLinks(name: String) {
        guard settings.links.url != nil, settings.links.from == nil else { return }
        add(
            .error, "links.from", "links.url is set, and there is no address to send the notifications from",
            hint: "add \"from: letters@example.org\" under links", name: name)
    }
}
