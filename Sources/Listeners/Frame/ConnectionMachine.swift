// What a protocol is to the frame that carries it: a machine that is given bytes, words and the time, and says what is
// to be written, decided elsewhere, secured or closed. Machines touch no channel.

package import Certificates
package import NIOCore

/// One step of a machine: what it is given, and what it wants done afterwards, in this order: the words written, TLS
/// begun, the events handed out, the connection closed.
package struct ConnectionStep<Event: Sendable> {
    /// How a connection is closed.
    package enum Closing: Sendable {
        /// Once all words have been given to the socket.
        case afterWriting
        /// Without waiting for that.
        case atOnce
    }

    /// The time of the event loop.
    package let now: NIODeadline
    /// What the other side has sent and nobody has read yet.
    package var input: ByteBuffer
    /// Words for the other side.
    package var output: ByteBuffer
    /// What has to be decided elsewhere.
    package var events: [Event] = []
    /// Set where TLS begins behind the words of this step.
    package var tls: TLSIdentity?
    /// Set where the connection ends.
    package var closing: Closing?
}

/// A protocol of one connection, on its event loop.
package protocol ConnectionMachine: SendableMetatype {
    /// What has to be decided elsewhere: a message, a word of a log-in.
    associatedtype Event: Sendable

    /// When ``ring(_:)`` has something to do at the latest; nil: never.
    var deadline: NIODeadline? { get }
    /// True once nothing of the other side counts any more.
    var isClosed: Bool { get }

    /// The connection is there.
    /// - Parameter address: of the other side, without port; "" for a Unix socket.
    mutating func begin(address: String, _ step: inout ConnectionStep<Event>)
    /// Bytes have come, however they are cut; they are in no step yet.
    mutating func heard(_ now: NIODeadline)
    /// Reads what it can of the input.
    /// - Returns: false where there is nothing more to do before more bytes or a decision come.
    mutating func read(_ step: inout ConnectionStep<Event>) -> Bool
    /// True where more may be taken from the socket.
    /// - Parameters:
    ///   - isWritable: the other side takes our words.
    ///   - holdsInput: some of what came before has not been read.
    func mayRead(isWritable: Bool, holdsInput: Bool) -> Bool
    /// A handler in front tells something: what a proxy says of the client, that TLS is there.
    mutating func told(_ event: Any, _ step: inout ConnectionStep<Event>)
    /// ``deadline`` has come, or nearly.
    mutating func ring(_ step: inout ConnectionStep<Event>)
    /// The server stops: an idle connection ends at once, a message in hand is answered first, one that is coming gets
    /// a moment.
    mutating func stop(_ step: inout ConnectionStep<Event>)
    /// A reset of the connection, a failed handshake and the like: there is nobody to tell.
    func failed(_ error: any Error)
    /// The connection is gone.
    mutating func ended()
}
