// Where the decisions on messages and log-ins of an SMTP or LMTP connection go. Touches its own socket, through the
// event loop; never throws.

import Mail
package import NIOCore
package import SMTP

extension ConnectionHandler where Machine == SMTPMachine {
    /// Writes the answer to the message handed out last.
    /// - Returns: true once the reply has been given to the socket, an error where that failed; nil where the client
    ///   has gone or was told already that its message could not be handled in time.
    package func answer(_ handled: HandledMessage, id: String) -> EventLoopFuture<Bool>? {
        guard isActive, machine.session.phase == .waiting else { return nil }
        return perform { machine, step in machine.answer(handled, id: id, &step) }?.map { true }
    }

    /// Goes on with the log-in handed out last.
    package func loginAnswer(_ answer: ServerSession.LoginAnswer) {
        guard isActive, machine.session.phase == .checking else { return }
        perform { machine, step in machine.answer(answer, &step) }
    }
}

extension Connection where Machine == SMTPMachine {
    /// Writes the answer to the message taken last.
    /// - Returns: true once the reply has been given to the socket.
    func answer(_ handled: HandledMessage, id: String) async -> Bool {
        let handler = handler
        let eventLoop = channel.eventLoop
        let written = eventLoop.flatSubmit {
            handler.value.answer(handled, id: id) ?? eventLoop.makeSucceededFuture(false)
        }
        return (try? await written.get()) ?? false
    }

    /// Goes on with the log-in.
    func answer(_ answer: ServerSession.LoginAnswer) {
        let handler = handler
        channel.eventLoop.execute { handler.value.loginAnswer(answer) }
    }
}
