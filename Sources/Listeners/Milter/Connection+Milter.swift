// Where the verdicts on messages of a milter connection go. Touches its own socket, through the event loop; never
// throws.

import Logging
import Mail
import Milter
import NIOCore

extension ConnectionHandler where Machine == MilterMachine {
    /// The answer to the message handed out last has been found.
    /// - Returns: what writes it, to be given batch by batch to ``send(_:)``; nil where the MTA has gone or was told
    ///   already that its message could not be handled in time.
    func beginAnswer(_ verdict: MilterVerdict) -> MilterAnswerWriter? {
        guard isActive, machine.session.phase == .waiting else { return nil }
        var writer: MilterAnswerWriter?
        perform { machine, step in writer = machine.beginAnswer(verdict, step.now) }
        return writer
    }

    /// Writes a batch; done once it has been given to the socket.
    func send(_ batch: ByteBuffer) -> EventLoopFuture<Void>? {
        guard machine.isAnswering else { return nil }
        return perform { machine, step in
            machine.heard(step.now)
            step.output.writeImmutableBuffer(batch)
        }
    }

    /// The last batch has been written.
    func endAnswer() { perform { machine, step in machine.endAnswer(&step) } }
}

extension Connection where Machine == MilterMachine {
    /// Writes the answer to the message taken last, as fast as the MTA takes it.
    /// - Returns: true once the last word has been given to the socket and was what `verdict` says.
    func answer(_ verdict: MilterVerdict, logger: Logger) async -> Bool {
        let handler = handler
        let eventLoop = channel.eventLoop
        let begun = try? await eventLoop.submit { handler.value.beginAnswer(verdict) }.get()
        guard var writer = begun ?? nil else { return false }
        var isWritten = true
        while isWritten, let batch = writer.next() {
            let written = eventLoop.flatSubmit {
                handler.value.send(batch) ?? eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
            }
            isWritten = (try? await written.get()) != nil
        }
        eventLoop.execute { handler.value.endAnswer() }
        if let failure = writer.failure {
            logger.error("the sealed body cannot be read back", metadata: ["reason": "\(failure.detail)"])
        }
        return isWritten && writer.failure == nil
    }
}
