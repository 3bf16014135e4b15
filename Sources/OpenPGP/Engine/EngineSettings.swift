// How gpg is run: values out of the settings file, checked there.

/// Settings of one ``Engine``.
package struct EngineSettings: Sendable, Equatable {
    /// Absolute path of gpg. GPGME does not search PATH.
    package var program: String
    /// Folder (made with mode 0700 where it is missing) for the workers' own GnuPG homes. No user's gpg.conf is read.
    package var homeFolder: String
    /// A gpg that runs longer than this is killed, in seconds.
    package var timeoutSeconds: Int
    /// How many gpg processes may run at once.
    package var workers: Int

    /// Settings from their parts; the defaults are those of the settings file.
    package init(program: String = "/usr/bin/gpg", homeFolder: String, timeoutSeconds: Int = 60, workers: Int = 4) {
        self.program = program
        self.homeFolder = homeFolder
        self.timeoutSeconds = timeoutSeconds
        self.workers = workers
    }
}
