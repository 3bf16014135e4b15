// `tls`: paths of a certificate and its key; listeners, the portal and the admin page may have their own.

/// A certificate chain and its private key as the settings name them: after all checks both are there, or none.
package struct TLSSettings: Sendable, Equatable {
    /// Path of the chain (PEM), the server's own certificate first.
    package var certificate: String?
    /// Path of the key (PEM).
    package var key: String?

    /// None.
    package init() {}

    /// Both paths, or nil.
    package var files: TLSFiles? {
        guard let certificate, let key else { return nil }
        return TLSFiles(certificate: certificate, key: key)
    }
}

/// Paths of a certificate chain and its private key, both PEM.
package struct TLSFiles: Sendable, Equatable {
    /// Path of the chain, the server's own certificate first.
    package var certificate: String
    /// Path of the key, without a passphrase.
    package var key: String

    /// Files from their paths.
    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
