// A request of the portal's, on either side. Values only.

/// A request that waits.
package struct WaitingRequest: Sendable, Equatable {
    /// 22 characters.
    package let id: String
    /// As the portal wrote it: at most 32 characters.
    package let kind: String
    /// At most ``RequestLimits/bodyBytes``.
    package let body: [UInt8]
    /// Seconds since 1970.
    package let askedAtSeconds: Int64

    package init(
        id: String, kind: String, body: [UInt8], askedAtSeconds: Int64
    ) {
        self.id = id
        self.kind = kind
        self.body = body
        self.askedAtSeconds = askedAtSeconds
    }
}

/// Where a request stands.
package enum RequestState: Sendable, Equatable {
    /// Unknown, or forgotten again.
    case unknown
    case waiting
    /// Carried out or refused; what the gateway says of it.
    case settled([UInt8])
}
