// The unlock page's TLS, proxies and throttle, and the room that letters may take.

extension LetterlockSettings {
    /// The portal's own settings; its address is in ``Listen``.
    package struct PortalSettings: Sendable, Equatable {
        /// Both or none: without, the portal speaks plain HTTP.
        package internal(set) var tls = TLSFiles()
        /// Networks (`10.0.0.0/8`, `::1/128`) or `unix`: proxies that are believed when they name the client.
        package internal(set) var trustedPeers: [String] = []
        /// The field by which they do.
        package internal(set) var forwarded = ForwardedBy.xForwardedFor
        /// Wrong passwords and unknown links of one network; full again after half an hour.
        package internal(set) var guesses = 120
        /// Requests of one network; full again after a minute.
        package internal(set) var requests = 12_000
        /// Bytes that one network may send; full again after an hour.
        package internal(set) var uploadBytes = 1 << 30
    }

    /// How a proxy names the client.
    package enum ForwardedBy: String, Sendable, CaseIterable {
        case xForwardedFor = "x-forwarded-for"
        case forwarded
    }

    /// Room for letters.
    package struct StorageSettings: Sendable, Equatable {
        /// All letters and answers together, in bytes.
        package internal(set) var lettersBytes = 10 << 30
        /// Letters that wait for one recipient, in bytes.
        package internal(set) var perRecipientBytes = 500 << 20
        /// Part of ``lettersBytes`` from which the gateway warns, in percent.
        package internal(set) var alarmPercent = 80
    }
}
