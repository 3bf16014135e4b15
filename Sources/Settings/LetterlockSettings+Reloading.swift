// Which settings a running gateway takes up when it is told to read them again. Pure.

package import SettingValues

extension LetterlockSettings {
    /// Keys whose new values count only after a restart: sockets, folders and programs that are in use.
    /// - Parameter running: the settings that the gateway was started with.
    package func keysThatNeedRestart(since running: LetterlockSettings) -> [String] {
        var keys: [String] = []
        func compare<Value: Equatable>(_ key: String, _ field: KeyPath<LetterlockSettings, Value>) {
            if self[keyPath: field] != running[keyPath: field] { keys.append(key) }
        }
        compare("hostname", \.hostname)
        compare("keys", \.keys)
        compare("state", \.state)
        compare("users", \.users)
        compare("tls", \.tls)
        compare("listen.smtp", \.listen.smtp)
        compare("listen.lmtp", \.listen.lmtp)
        compare("listen.milter", \.listen.milter)
        compare("listen.portal", \.listen.portal)
        compare("listen.admin", \.listen.admin)
        compare("admin", \.admin)
        compare("next-hop", \.nextHop)
        compare("gpg", \.gpg)
        compare("features", \.features)
        compare("extract", \.extract)
        // Read by letterlock-portal, at its start.
        compare("portal", \.portal)
        compare("links.url", \.links.url)
        compare("links.organisation", \.links.organisation)
        compare("links.language", \.links.languages.fallback)
        for (key, field) in Self.fixedLimits where limits[keyPath: field] != running.limits[keyPath: field] {
            keys.append("limits.\(key)")
        }
        return keys
    }

    /// Limits of sockets that are open, and of what waits at them. All others are taken once per message.
    private static let fixedLimits: [(String, any KeyPath<Limits, Int> & Sendable)] = [
        ("message", \.messageBytes), ("in-flight", \.inFlightBytes), ("memory", \.memoryBytes),
        ("memory-budget", \.memoryBudgetBytes),
        ("connections", \.connections), ("connections-per-client", \.connectionsPerClient),
        ("recipients", \.recipients), ("command", \.commandBytes), ("text-line", \.textLineBytes),
        ("idle", \.idleSeconds), ("session", \.sessionSeconds), ("data", \.dataSeconds),
        ("reply", \.replySeconds), ("milter-reply", \.milterReplySeconds),
        ("bad-commands", \.badCommands), ("login-failures", \.loginFailures), ("shutdown", \.shutdownSeconds),
        ("next-hop-connect", \.nextHopConnectSeconds), ("next-hop-reply", \.nextHopReplySeconds),
        ("next-hop-idle-connections", \.nextHopIdleConnections), ("next-hop-idle", \.nextHopIdleSeconds),
    ]
}
