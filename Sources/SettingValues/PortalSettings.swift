// `portal`: the unlock page's TLS, proxies and throttle; its address is `listen.portal`.

/// The portal's own settings.
package struct PortalSettings: Sendable, Equatable {
    /// Which field of a trusted proxy names the client. Only one is looked at: a proxy hands on what a client wrote
    /// into the other.
    package enum ForwardedField: String, Sendable, CaseIterable {
        case xForwardedFor = "x-forwarded-for"
        case forwarded
    }

    /// Both or none: without, the portal speaks plain HTTP.
    package var tls = TLSSettings()
    /// Networks (`10.0.0.0/8`, `::1/128`) or `unix`: proxies that are believed when they name the client.
    package var trustedPeers: [String] = []
    /// The field by which they do.
    package var forwarded = ForwardedField.xForwardedFor
    /// What one client network may do.
    package var throttle = ThrottleSettings()

    /// The defaults.
    package init() {}
}

/// What one client network may do on the portal; all together sixteen times as much.
package struct ThrottleSettings: Sendable, Equatable {
    /// Wrong passwords and unknown links; full again after half an hour.
    package var guesses = 120
    /// Requests; full again after a minute.
    package var requests = 12_000
    /// Bytes of request bodies; full again after an hour.
    package var uploadBytes = 1 << 30

    /// The defaults.
    package init() {}
}
