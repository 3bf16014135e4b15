// The raw input of the message path: what a door (SMTP, command line, test) hands in. No proof of anything.

/// A message as it came: envelope, bytes, and where it came from.
package struct ReceivedMessage: Sendable {
    /// How it came in, for the Received field (RFC 5321 section 4.4) and the log.
    package struct Origin: Sendable, Equatable {
        /// Short id of this message in our logs and Received fields: letters and digits only.
        package var id: String
        /// The name the client gave in EHLO/HELO; "" where there is none (command line).
        package var clientName: String
        /// The client's address without port (`192.0.2.1`, `2001:db8::1`), or "" for a Unix socket or the command line.
        package var clientAddress: String
        /// The `with` word of the Received field: SMTP, ESMTP, ESMTPS, ESMTPSA, LMTP, UTF8SMTP, … (RFC 3848, RFC 6531).
        package var protocolName: String
        /// By which door it came: what an answer can say depends on it.
        package var door: Door
        /// The user who logged in (AUTH, or the milter macro `{auth_authen}`), or nil.
        package var user: String?
        /// The listener it came in by, as the settings name it (`127.0.0.1:10025`), or "".
        package var listener: String = ""
        /// Of an answer from behind a link: id of the letter that it answers; nil for everything else.
        package var answeredLetter: String?
        /// Addresses and domains that this user may send as, in the envelope and in From; nil where nobody has said.
        package var maySendAs: DomainList?

        /// An origin from its parts.
        package init(
            id: String, clientName: String = "", clientAddress: String = "", protocolName: String = "SMTP",
            door: Door = .smtp, user: String? = nil, maySendAs: DomainList? = nil
        ) {
            self.id = id
            self.clientName = clientName
            self.clientAddress = clientAddress
            self.protocolName = protocolName
            self.door = door
            self.user = user
            self.maySendAs = maySendAs
        }
    }

    /// The doors of the house.
    package enum Door: String, Sendable {
        /// One answer for the whole message.
        case smtp
        /// An answer for each recipient (RFC 2033).
        case lmtp
        /// An answer for the whole message, with edits: the other side sends it on.
        case milter
        /// `letterlock encrypt` and the policy harness.
        case commandLine = "command-line"
    }

    /// Envelope of the transaction.
    package let envelope: Envelope
    /// The message: CRLF lines, dots already unstuffed, without the final `.` line.
    package let bytes: MessageBytes
    /// Where it came from.
    package let origin: Origin
    /// When the final dot was read, in seconds since 1970-01-01T00:00:00Z.
    package let receivedAtSeconds: Int64

    /// Any door may make one: it proves nothing.
    package init(envelope: Envelope, bytes: MessageBytes, origin: Origin, receivedAtSeconds: Int64) {
        self.envelope = envelope
        self.bytes = bytes
        self.origin = origin
        self.receivedAtSeconds = receivedAtSeconds
    }
}
