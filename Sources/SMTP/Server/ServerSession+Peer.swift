// Who the other side is: TLS (RFC 3207), and what a trusted peer tells about the client behind it (XCLIENT, XFORWARD).

import Mail
import NIOCore

extension ServerSession {
    /// The other side of the connection.
    struct Peer: Sendable {
        /// Its address without port, or "" for a Unix socket.
        var address = ""
        /// What it tells about its clients is believed.
        var isTrusted = false
        /// By XCLIENT, for the rest of the session.
        var claimed = ClientClaims()
        /// By XFORWARD, for one transaction.
        var forwarded = ClientClaims()
    }

    /// Says who is there; before the greeting.
    /// - Parameters:
    ///   - address: without port, or "" for a Unix socket.
    ///   - isTrusted: XCLIENT and XFORWARD are offered to it and believed.
    package mutating func connected(from address: String, isTrusted: Bool) {
        peer = Peer(address: address, isTrusted: isTrusted)
    }

    // MARK: TLS

    /// STARTTLS.
    mutating func startTLS(hasMoreInput: Bool) throws(CommandError) -> Action {
        guard offers.startTLS else { throw .notImplemented }
        guard !isEncrypted else { throw .badSequence("TLS is there already") }
        guard !hasMoreInput else { throw .behindStartTLS }
        phase = .securing
        return .startTLS(Common.startTLS)
    }

    /// TLS is there. All that was said before is forgotten.
    package mutating func secured() {
        guard phase == .securing else { return }
        phase = .commands
        isEncrypted = true
        startOver()
        peer.claimed = ClientClaims()
    }

    // MARK: The client behind a trusted peer

    /// XCLIENT begins the session anew in the name of another client; XFORWARD is for the next transaction.
    mutating func believe(_ verb: ClientClaims.Verb, _ claims: ClientClaims) throws(CommandError) -> Reply {
        guard peer.isTrusted else { throw .notImplemented }
        guard mail == nil else { throw .badSequence("a transaction is open already") }
        guard isExtended else { throw .badSequence("send EHLO first") }
        guard verb == .xclient else {
            peer.forwarded.merge(claims)
            return Common.believed
        }
        let former = user
        startOver()
        peer.claimed.merge(claims)
        // The peer has checked the log-in, and with it who may send as whom.
        switch claims[.login] {
        case .some(.some(let name)): user = User(name: name, maySendAs: nil, isOurs: false)
        case .some(.none): user = nil
        case .none: user = former?.isOurs == false ? former : nil
        }
        return greeting
    }

    /// The client's address as far as it is known: "" where the peer says that it is not.
    var toldAddress: String {
        if let told = peer.forwarded[.address] ?? peer.claimed[.address] { return told ?? "" }
        return peer.address
    }

    /// The client's name for the Received field: what it called itself, else its name in the DNS.
    var toldName: String {
        if let told = (peer.forwarded[.hello] ?? nil) ?? (peer.forwarded[.name] ?? nil) { return told }
        return (peer.claimed[.hello] ?? nil) ?? clientName ?? (peer.claimed[.name] ?? nil) ?? ""
    }
}
