// SMTP and LMTP as they are spoken at a listener: a message goes to the handler of messages, a word of a log-in to who
// checks passwords. Touches the files of the certificate; a connection's failure is its own.

import Certificates
import Glibc
package import Logging
package import Mail
package import NIOCore
package import SMTP

/// Something of a connection that has to be decided elsewhere; nothing more comes before the decision.
package enum SMTPEvent: Sendable {
    /// A whole message.
    case message(ServerSession.Transaction)
    /// A word of a log-in.
    case login(ServerSession.LoginInput)
}

/// What an SMTP or LMTP listener does.
package struct SMTPConversation: Conversation {
    private let configuration: ListenerConfiguration
    private let handler: any MessageHandler
    private let logger: Logger

    /// - Parameter handler: gets every whole message.
    package init(_ configuration: ListenerConfiguration, handler: any MessageHandler, logger: Logger) {
        self.configuration = configuration
        self.handler = handler
        self.logger = logger
    }

    package var address: HostPort { configuration.address }
    package var addressField: String { "address" }
    package var connectionLimit: Int { configuration.limits.connections }

    package func open() throws(ListenError) -> SMTPDoor { try SMTPDoor(configuration, logger: logger) }
    package func metrics(_ door: SMTPDoor) -> DoorMetrics { door.metrics }

    package func refuse(_ channel: any Channel, _ door: SMTPDoor) throws {
        logger.info("too many connections", metadata: ["limit": "\(connectionLimit)"])
        // Inside a handshake nobody would understand it.
        guard !door.offers.beginsWithTLS else { return channel.close(promise: nil) }
        door.metrics.replied(421)
        try channel.pipeline.syncOperations.addHandler(TooManyHandler(hostname: configuration.hostname))
    }

    package func connect(_ channel: any Channel, _ door: SMTPDoor) throws -> Connection<SMTPMachine> {
        let pipeline = channel.pipeline.syncOperations
        if configuration.proxyPeers.contains(ConnectionAddress.of(channel)) {
            try pipeline.addHandler(ProxyHandler(logger: logger))
        }
        if let tls = door.tls, door.offers.beginsWithTLS { try pipeline.addHandler(tls.handler()) }
        return try Connection(channel, SMTPMachine(door), logger: logger)
    }

    package func converse(over connection: Connection<SMTPMachine>) async {
        var login = LoginChecks(configuration.loginDesk, logger: logger)
        for await event in connection.events {
            // A client that has gone before we began will send it again: handling it now would only deliver it twice.
            guard connection.isOpen else { break }
            switch event {
            case .message(let transaction): await handle(transaction, of: connection)
            case .login(let input): connection.answer(await login.check(input))
            }
        }
    }

    /// A message is handled to its end even where the client goes away meanwhile: half of it may have been delivered.
    private func handle(
        _ transaction: ServerSession.Transaction, of connection: Connection<SMTPMachine>
    ) async {
        let id = MessageID.make()
        var origin = ReceivedMessage.Origin(
            id: id, clientName: transaction.clientName, clientAddress: transaction.clientAddress,
            protocolName: transaction.protocolName, door: transaction.door, user: transaction.user,
            maySendAs: transaction.maySendAs)
        origin.listener = configuration.address.description
        let message = ReceivedMessage(
            envelope: transaction.envelope, bytes: transaction.bytes, origin: origin,
            receivedAtSeconds: Int64(time(nil)))
        let handled = await MessageWork.run(on: message) { await handler.handle(message) }
        transaction.loan?.giveBack()
        if await connection.answer(handled, id: id) {
            await handled.replyWritten()
        } else {
            logger.notice("the client went away before the reply", metadata: ["id": "\(id)"])
        }
    }
}

extension Listener where Spoken == SMTPConversation {
    /// A server for SMTP or LMTP.
    /// - Parameters:
    ///   - handler: gets every whole message.
    ///   - group: event loops of the caller; it shuts them down after ``run()`` has returned.
    package convenience init(
        configuration: ListenerConfiguration, handler: any MessageHandler, logger: Logger, group: any EventLoopGroup
    ) {
        self.init(SMTPConversation(configuration, handler: handler, logger: logger), logger: logger, group: group)
    }
}
