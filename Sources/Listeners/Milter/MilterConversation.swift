// The milter protocol as it is spoken at a listener: every message goes to the handler of messages. A connection's
// failure is its own.

import Glibc
package import Logging
package import Mail
import Milter
package import NIOCore

/// What a milter listener does.
package struct MilterConversation: Conversation {
    private let configuration: MilterListenerConfiguration
    private let handler: any MilterHandler
    private let logger: Logger

    /// - Parameter handler: gets every whole message.
    package init(_ configuration: MilterListenerConfiguration, handler: any MilterHandler, logger: Logger) {
        self.configuration = configuration
        self.handler = handler
        self.logger = logger
    }

    package var address: HostPort { configuration.address }
    package var addressField: String { "milter" }
    package var connectionLimit: Int { configuration.limits.connections }

    package func open() {}
    package func metrics(_ door: Void) -> DoorMetrics { .milter }

    package func refuse(_ channel: any Channel, _ door: Void) {
        // The protocol has no words for it; what the MTA does now is its `milter_default_action`.
        logger.warning("too many connections", metadata: ["limit": "\(connectionLimit)"])
        channel.close(promise: nil)
    }

    package func connect(_ channel: any Channel, _ door: Void) throws -> Connection<MilterMachine> {
        try Connection(channel, MilterMachine(configuration, logger: logger), logger: logger)
    }

    package func converse(over connection: Connection<MilterMachine>) async {
        for await transaction in connection.events {
            guard connection.isOpen else { break }
            await handle(transaction, of: connection)
        }
    }

    /// A message is handled to its end even where the MTA goes away meanwhile: half of it may have been delivered.
    private func handle(
        _ transaction: MilterSession.Transaction, of connection: Connection<MilterMachine>
    ) async {
        // The MTA's own id, so that its log and ours speak of the same message.
        let id = transaction.queueID ?? MessageID.make()
        var origin = ReceivedMessage.Origin(
            id: id, clientName: transaction.clientName, clientAddress: transaction.clientAddress,
            protocolName: transaction.protocolName, door: .milter, user: transaction.user)
        origin.listener = configuration.address.description
        let message = ReceivedMessage(
            envelope: transaction.envelope, bytes: transaction.bytes, origin: origin,
            receivedAtSeconds: Int64(time(nil)))
        let answer = await MessageWork.run(on: message) { await handler.handle(message) }
        if await connection.answer(answer.verdict, logger: logger) {
            await answer.answerWritten()
        } else {
            logger.notice("the MTA went away before the answer", metadata: ["id": "\(id)"])
        }
    }
}

extension Listener where Spoken == MilterConversation {
    /// A server for the milter protocol.
    /// - Parameters:
    ///   - handler: gets every whole message.
    ///   - group: event loops of the caller; it shuts them down after ``run()`` has returned.
    package convenience init(
        configuration: MilterListenerConfiguration, handler: any MilterHandler, logger: Logger,
        group: any EventLoopGroup
    ) {
        self.init(MilterConversation(configuration, handler: handler, logger: logger), logger: logger, group: group)
    }
}
