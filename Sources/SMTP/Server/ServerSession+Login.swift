// AUTH (RFC 4954): the exchange of challenges and responses. Who may log in is decided elsewhere; nothing waits here.

import Cryptography
package import Mail
import NIOCore
import SettingValues

extension ServerSession {
    /// What the client said of its log-in, to be checked.
    package struct LoginInput: Sendable {
        /// The mechanism, in upper case, where a new exchange begins; nil where one goes on.
        package let mechanism: String?
        /// Decoded; nil where there was no initial response. A password may be in it.
        package let response: [UInt8]?
        /// For the throttle: the client's address, as a trusted peer told it.
        package let clientAddress: String
    }

    /// The word on a log-in.
    package enum LoginAnswer: Sendable {
        /// Ask the client this.
        case challenge([UInt8])
        /// The user has proved who it is.
        /// - Parameters:
        ///   - maySendAs: addresses that may stand in MAIL.
        ///   - final: the mechanism's last word to the client, where it has one.
        case success(user: String, maySendAs: DomainList, final: [UInt8]?)
        /// Unknown user or wrong password.
        case wrong
        /// Too many wrong passwords.
        case throttled(seconds: Int)
        /// The client does not follow the mechanism.
        case malformed
        /// Nobody can check passwords now.
        case unavailable
    }

    /// Where an exchange stands.
    enum LoginState: Sendable, Equatable {
        case none
        /// The client owes a response.
        case challenged
        /// The client owes an empty line; then the user is in.
        case confirmed(User)
    }

    /// Who has logged in.
    struct User: Sendable, Equatable {
        var name: String
        /// nil: the peer that vouches for the user has judged that.
        var maySendAs: DomainList?
        /// False where a trusted peer vouches.
        var isOurs: Bool
    }

    /// AUTH lines are longer than others (RFC 4954 section 4).
    private static let loginLineBytes = 12_288

    /// True where AUTH is offered now.
    var offersLogin: Bool { isEncrypted && !offers.mechanisms.isEmpty }

    /// How long the line that begins in `buffer` may be, with its CRLF.
    func lineLimitBytes(_ buffer: ByteBuffer) -> Int {
        guard offersLogin else { return limits.commandBytes }
        guard login == .none else { return Self.loginLineBytes }
        let head = buffer.readableBytesView.prefix(5)
        return head.count == 5 && String(decoding: head, as: UTF8.self).uppercased() == "AUTH "
            ? max(Self.loginLineBytes, limits.commandBytes) : limits.commandBytes
    }

    /// AUTH.
    mutating func startLogin(_ mechanism: String, _ initial: Secret?) throws(CommandError) -> Action {
        guard !offers.mechanisms.isEmpty else { throw .notImplemented }
        guard isEncrypted else { throw .loginNeedsTLS }
        guard isExtended else { throw .badSequence("send EHLO first") }
        guard user == nil else { throw .badSequence("somebody has logged in already") }
        guard mail == nil else { throw .badSequence("no log-in within a transaction") }
        guard offers.mechanisms.contains(mechanism) else { throw .unknownMechanism }
        var response: [UInt8]?
        // Revealed only to be decoded; it goes to the check and nowhere else. "=" is an empty response.
        if let text = initial?.revealed {
            guard let octets = text == "=" ? [] : Base64.decode(text.utf8) else { throw .badResponse }
            response = octets
        }
        return check(mechanism, response)
    }

    /// A line of the client in an exchange.
    mutating func continueLogin(_ line: [UInt8]) throws(CommandError) -> Action {
        let state = login
        login = .none
        if line == [UInt8(ascii: "*")] { throw .loginCancelled }
        if case .confirmed(let confirmed) = state {
            guard line.isEmpty else { throw .badResponse }
            user = confirmed
            return .reply(Common.loggedIn)
        }
        guard let response = Base64.decode(line) else { throw .badResponse }
        return check(nil, response)
    }

    private mutating func check(_ mechanism: String?, _ response: [UInt8]?) -> Action {
        phase = .checking
        return .checkLogin(LoginInput(mechanism: mechanism, response: response, clientAddress: toldAddress))
    }

    /// The word on what was handed out last; the action that follows.
    package mutating func loginAnswer(_ answer: LoginAnswer) -> Action {
        guard phase == .checking else { return .needMore }
        phase = .commands
        switch answer {
        case .challenge(let octets):
            login = .challenged
            return .reply(Self.challenge(octets))
        case .success(let name, let maySendAs, let final):
            let user = User(name: name, maySendAs: maySendAs, isOurs: true)
            if let final {
                login = .confirmed(user)
                return .reply(Self.challenge(final))
            }
            self.user = user
            return .reply(Common.loggedIn)
        case .wrong: return refuse(.wrongLogin)
        case .throttled(let seconds): return refuse(.loginThrottled(seconds: seconds))
        case .malformed: return refuse(.badResponse)
        case .unavailable: return refuse(.loginUnavailable)
        }
    }

    /// `334 ` and the challenge, which is never wrapped.
    private static func challenge(_ octets: [UInt8]) -> Reply { Reply(334, lines: [Base64.encode(octets)]) }

    /// Why the user who has logged in may not use a sender; nil where it may be used.
    func senderRefusal(_ sender: Mailbox?) -> Refusal? {
        guard let user, let maySendAs = user.maySendAs else { return nil }
        guard let sender else {
            return Refusal(
                .senderNotAllowed, "users may not send with an empty sender", detail: "user \(user.name): <>")
        }
        // An MTA behind us may take the address in a routed local part for the sender's.
        guard sender.hasRoute || !maySendAs.contains(sender) else { return nil }
        return Refusal(
            .senderNotAllowed, "this sender address is not yours",
            detail: "user \(user.name) may not send as <\(sender)>")
    }
}
