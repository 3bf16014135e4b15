// The quarantine as the admin page shows it.

/// All held messages, and whether they can be released from here.
package struct HeldMessages: Sendable, Equatable {
    /// Where a release can be done.
    package enum Release: Sendable, Equatable {
        /// There is no quarantine.
        case notSetUp
        /// The officer's secret key is elsewhere: only the command can do it.
        case byCommandOnly
        /// The gateway can open them.
        case here
    }
    /// Where a release can be done.
    package let release: Release
    /// Oldest first.
    package let messages: [HeldLine]

    /// - Parameter messages: oldest first.
    package init(release: Release, messages: [HeldLine]) {
        self.release = release
        self.messages = messages
    }
}
