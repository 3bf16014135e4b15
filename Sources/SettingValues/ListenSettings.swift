// `listen`: where the gateway and the portal listen, and how.

package import Mail

/// Listening addresses, by kind.
package struct ListenSettings: Sendable, Equatable {
    /// SMTP listeners.
    package var smtp = [ListenerSettings(.tcp(host: "127.0.0.1", port: 10025))]
    /// LMTP listeners.
    package var lmtp: [ListenerSettings] = []
    /// Milter listeners.
    package var milter: [ListenerSettings] = []
    /// The portal's HTTP address, read by `letterlock-portal`.
    package var portal = HostPort.tcp(host: "127.0.0.1", port: 8443)
    /// Admin page, health and metrics; nil: none.
    package var admin: HostPort? = .tcp(host: "127.0.0.1", port: 9090)

    /// The defaults.
    package init() {}
}

/// One listening socket.
package struct ListenerSettings: Sendable, Equatable {
    /// TLS: none, after STARTTLS (RFC 3207), or from the first byte (RFC 8314, port 465).
    package enum TLS: String, Sendable, CaseIterable { case none, starttls, implicit }

    /// Log-in: not offered, offered, or needed before mail is taken.
    package enum Login: String, Sendable, CaseIterable { case none, optional, required }

    /// Address; port 0 lets the system choose.
    package var address: HostPort
    /// TLS on this listener.
    package var tls = TLS.none
    /// Both paths are set wherever ``tls`` is not `none`: the listener's own, or those of ``LetterlockSettings/tls``.
    package var files = TLSSettings()
    /// Log-in on this listener; only where ``tls`` is not `none` and ``LetterlockSettings/users`` is set.
    package var auth = Login.none
    /// Networks (`10.0.0.0/8`, `::1/128`) or `unix`, whose XCLIENT and XFORWARD are believed.
    package var trustedPeers: [String] = []
    /// Networks that must begin with a PROXY v2 header, which is believed.
    package var proxyPeers: [String] = []
    /// Milter: a message that has to be split is split, instead of being answered 4xx.
    package var split = false
    /// Limits of this listener that differ from ``LetterlockSettings/limits``.
    package var limits = ListenerLimits()

    /// A plain listener.
    package init(_ address: HostPort) { self.address = address }
}

/// Limits of one listener.
package struct ListenerLimits: Sendable, Equatable {
    /// Value by the name that it has under `limits`, in seconds, bytes or as a number.
    package var values: [String: Int] = [:]

    /// No limit of its own.
    package init() {}

    /// What a listener may have of its own, by the names under `limits`.
    package static let fields: [(name: String, field: any WritableKeyPath<Limits, Int> & Sendable)] = [
        ("message", \.messageBytes), ("connections", \.connections),
        ("connections-per-client", \.connectionsPerClient), ("recipients", \.recipients), ("idle", \.idleSeconds),
        ("session", \.sessionSeconds), ("data", \.dataSeconds), ("reply", \.replySeconds),
        ("login-failures", \.loginFailures),
    ]

    /// The gateway's limits with this listener's own in their place.
    package func applied(to limits: Limits) -> Limits {
        var limits = limits
        for (name, field) in Self.fields {
            if let value = values[name] { limits[keyPath: field] = value }
        }
        // A milter listener's `reply` is what `milter-reply` is for the others.
        if let reply = values["reply"] { limits.milterReplySeconds = reply }
        return limits
    }
}
