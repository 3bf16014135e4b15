// What else is known of a gateway's state, beside its checks.

/// Program, storage and certificates.
package struct HealthFacts: Sendable {
    /// The running program.
    package struct Program: Sendable {
        package let hostname: String
        package let version: String
        /// Name and version of programs that are used.
        package let programs: [(name: String, version: String)]
        package let startedAtSeconds: Int64
        /// nil: never since the start.
        package let reloadedAtSeconds: Int64?
        /// Why the last reload failed, or nil.
        package let reloadProblem: String?

        /// - Parameter startedAtSeconds: since 1970, as ``reloadedAtSeconds``.
        package init(
            hostname: String, version: String, programs: [(name: String, version: String)], startedAtSeconds: Int64,
            reloadedAtSeconds: Int64?, reloadProblem: String?
        ) {
            self.hostname = hostname
            self.version = version
            self.programs = programs
            self.startedAtSeconds = startedAtSeconds
            self.reloadedAtSeconds = reloadedAtSeconds
            self.reloadProblem = reloadProblem
        }
    }

    /// A certificate that a listener shows.
    package struct Certificate: Sendable, Equatable {
        /// Which listener: `listen.smtp 0.0.0.0:25`, …
        package let listener: String
        package let path: String
        /// nil where the file cannot be read.
        package let expiresAtSeconds: Int64?

        /// - Parameter expiresAtSeconds: since 1970, or nil where the file cannot be read.
        package init(listener: String, path: String, expiresAtSeconds: Int64?) {
            self.listener = listener
            self.path = path
            self.expiresAtSeconds = expiresAtSeconds
        }
    }

    package let program: Program
    /// Name and bytes, with what the log of each has.
    package let databases: [(name: String, bytes: Int64)]
    /// Room on the disk, in bytes; nil where it is not known.
    package let freeBytes: Int64?
    package let certificates: [Certificate]

    /// - Parameter freeBytes: nil where it is not known.
    package init(
        program: Program, databases: [(name: String, bytes: Int64)], freeBytes: Int64?, certificates: [Certificate]
    ) {
        self.program = program
        self.databases = databases
        self.freeBytes = freeBytes
        self.certificates = certificates
    }
}
