// What a listener asks of a checker of passwords (RFC 4422: mechanisms, challenges, responses). No channel, no
// base64.

package import Mail

/// Checks log-ins. The listener knows no more of users than this.
package protocol LoginDesk: Sendable {
    /// Names of the mechanisms to offer, best first: `SCRAM-SHA-256`, `PLAIN`, `LOGIN`.
    var mechanisms: [String] { get }

    /// Begins an exchange.
    /// - Parameters:
    ///   - mechanism: as the client wrote it, in any case.
    ///   - clientAddress: for the throttle; without port, "" for a Unix socket.
    /// - Returns: nil where there is no such mechanism.
    func begin(_ mechanism: String, clientAddress: String) -> (any LoginExchange)?
}

/// One exchange; used by one task at a time.
package protocol LoginExchange: AnyObject, Sendable {
    /// Takes the client's initial response or its answer to the last challenge.
    /// - Parameter response: decoded from base64; nil where AUTH came without an initial response.
    func step(_ response: [UInt8]?) async -> LoginStep
    /// The user of ours whose name the client has given, for the log; nil where it is nobody's: people type passwords
    /// into the place of names.
    var user: String? { get }
}

extension LoginExchange {
    package var user: String? { nil }
}

/// What an exchange comes to.
package enum LoginStep: Sendable {
    /// Send it (334, base64) and call again with the answer.
    case challenge([UInt8])
    /// The user has proved who it is. `final`: the server's last word, which SMTP sends as one more challenge that the
    /// client answers with an empty line (RFC 4954 section 4); nil where there is none.
    case success(Login, final: [UInt8]?)
    /// The user is not let in.
    case failure(LoginFailure)
}

/// Who has logged in.
package struct Login: Sendable, Equatable {
    /// The user's name.
    package let name: String
    /// Addresses and domains that may stand in MAIL FROM.
    package let maySendAs: DomainList

    /// A login from its parts.
    package init(name: String, maySendAs: DomainList) {
        self.name = name
        self.maySendAs = maySendAs
    }
}

/// Why somebody is not let in.
package enum LoginFailure: Error, Sendable, Equatable {
    /// Unknown user or wrong password; nobody is told which (535 5.7.8).
    case wrong
    /// Too many wrong passwords; try again after so many seconds (454 4.7.0).
    case throttled(seconds: Int)
    /// The client does not follow the mechanism (501 5.5.2).
    case malformed
    /// The file of users cannot be read (454 4.7.0).
    case unavailable
}
