// Where the gateway listens, and how: TLS, log-in, peers that may say who the client is, limits of one listener.

package import Mail

extension LetterlockSettings {
    /// Listening addresses, by kind.
    package struct Listen: Sendable, Equatable {
        /// SMTP listeners.
        package internal(set) var smtp = [Listener(.tcp(host: "127.0.0.1", port: 10025))]
        /// LMTP listeners.
        package internal(set) var lmtp: [Listener] = []
        /// Milter listeners.
        package internal(set) var milter: [Listener] = []
        /// The portal's HTTP address, read by `letterlock-portal`.
        package internal(set) var portal = HostPort.tcp(host: "127.0.0.1", port: 8443)
        /// Health and metrics; nil: none.
        package internal(set) var admin: HostPort? = .tcp(host: "127.0.0.1", port: 9090)
    }

    /// A certificate chain and its private key, both PEM.
    package struct TLSFiles: Sendable, Equatable {
        /// Path of the chain, the server's own certificate first.
        package internal(set) var certificate: String?
        /// Path of the key.
        package internal(set) var key: String?
    }

    /// One listening socket.
    package struct Listener: Sendable, Equatable {
        /// Address; port 0 lets the system choose.
        package internal(set) var address: HostPort
        /// TLS on this listener.
        package internal(set) var tls = ListenerTLS.none
        /// Both paths are set wherever ``tls`` is not `none`: the listener's own, or those of ``LetterlockSettings/tls``.
        package internal(set) var files = TLSFiles()
        /// Log-in on this listener; only where ``tls`` is not `none` and ``LetterlockSettings/users`` is set.
        package internal(set) var auth = ListenerAuth.none
        /// Networks (`10.0.0.0/8`, `::1/128`) whose XCLIENT and XFORWARD are believed.
        package internal(set) var trustedPeers: [String] = []
        /// Networks that must begin with a PROXY v2 header, which is believed.
        package internal(set) var proxyPeers: [String] = []
        /// Milter: a message that has to be split is split, instead of being answered 4xx.
        package internal(set) var split = false
        /// Limits of this listener that differ from ``LetterlockSettings/limits``.
        package internal(set) var limits = ListenerLimits()

        init(_ address: HostPort) { self.address = address }
    }

    /// TLS of a listener: none, after STARTTLS, or from the first byte (port 465).
    package enum ListenerTLS: String, Sendable, CaseIterable { case none, starttls, implicit }

    /// Log-in on a listener: not offered, offered, or needed before mail is taken.
    package enum ListenerAuth: String, Sendable, CaseIterable { case none, optional, required }

    /// Limits of one listener.
    package struct ListenerLimits: Sendable, Equatable {
        /// Value by the name that it has under `limits`, in seconds, bytes or as a number.
        package internal(set) var values: [String: Int] = [:]

        /// What a listener may have of its own, by the names under `limits`.
        static let fields: [(name: String, field: any WritableKeyPath<Limits, Int> & Sendable)] = [
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
}
