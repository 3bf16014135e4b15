// `features`: the features log, which `letterlock policy diff` replays.

/// The features log.
package struct FeaturesSettings: Sendable, Equatable {
    /// What of outside addresses stays readable where there is a salt: nothing, or their domains.
    package enum OutsideDomains: String, Sendable, CaseIterable { case salt, keep }

    /// The file, or nil: there is no such log.
    package var file: String?
    /// Where the salt lies that hides addresses, or nil: they stand there as they are.
    package var saltFile: String?
    /// Domains of outside addresses where there is a salt.
    package var outsideDomains = OutsideDomains.salt
    /// Header fields whose texts are kept, beside those that the rules name; with a salt only these.
    package var headers: [String]

    /// Settings from their parts; by default no features log.
    package init(file: String? = nil, saltFile: String? = nil, headers: [String] = []) {
        self.file = file
        self.saltFile = saltFile
        self.headers = headers
    }
}
