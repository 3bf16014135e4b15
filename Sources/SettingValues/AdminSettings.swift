// `admin`: who may open the admin page. The listener itself is `listen.admin`.

/// The admin page.
package struct AdminSettings: Sendable, Equatable {
    /// The file that `letterlock admin` writes, or nil: nobody is asked for a password.
    package var users: String?
    /// Certificate and key of the listener; those of ``LetterlockSettings/tls`` where none are named and the listener
    /// is not on loopback.
    package var files = TLSSettings()
    /// Names by which browsers may ask for the page, besides loopback's.
    package var names: [String] = []
    /// A session without a request ends after so many seconds.
    package var idleSeconds = 15 * 60
    /// A session ends after so many seconds, whatever is done in it.
    package var sessionSeconds = 8 * 3600
    /// Networks that may read /metrics and the details of /readyz without logging in, where the listener is not on
    /// loopback.
    package var metricsPeers: [String] = []
    /// GnuPG home with the officer's secret key, or nil: nothing is released from the page.
    package var releaseHomeFolder: String?

    /// The defaults.
    package init() {}
}
