// `gpg` and `sign`: how gpg is run, and the gateway's own key.

/// How gpg is run.
package struct GPGSettings: Sendable, Equatable {
    /// Absolute path of the program: GPGME does not search PATH.
    package var program: String
    /// Longest run of one operation, in seconds; then the process is killed.
    package var timeoutSeconds: Int
    /// Operations at once.
    package var workers: Int

    /// Settings from their parts; the defaults are those of the settings.
    package init(program: String = "/usr/bin/gpg", timeoutSeconds: Int = 60, workers: Int = 4) {
        self.program = program
        self.timeoutSeconds = timeoutSeconds
        self.workers = workers
    }
}

/// The gateway's own OpenPGP key, with which rules let it sign.
package struct SigningSettings: Sendable, Equatable {
    /// Fingerprint or address, or nil: nothing can be signed.
    package var key: String?
    /// GnuPG home with the secret key; nil is `gateway/sign` under the state folder.
    package var homeFolder: String?

    /// The defaults.
    package init() {}
}
