// How many requests of the portal's may wait for the gateway, and how large they are.

/// Bounds of the table of requests.
package enum RequestLimits {
    /// Requests that may wait at once: further ones are not taken.
    package static let most = 1000
    /// Requests of one kind that may wait at once.
    package static let mostOfKind = 200
    /// Of ``most``, places that are kept for ``keptKinds``: whatever strangers ask for, a sender can revoke.
    package static let keptPlaces = 500
    /// What senders ask for, with a proof.
    package static let keptKinds = ["extend", "revoke"]
    /// Largest body of a request, in bytes.
    package static let bodyBytes = 4096
    /// Largest answer, in bytes.
    package static let answerBytes = 4096
    /// A settled request is remembered so long, in seconds.
    package static let keepSeconds: Int64 = 3600
}
