// Makes the listeners of a gateway, all with the one path, log, budget and spool behind them.

import Listeners
import Logging
import Mail
import NIOCore
import Policy
import SASL
import ServiceLifecycle

/// The listeners of one gateway.
struct GatewayDoors: Sendable {
    let smtp: [Listener<SMTPConversation>]
    let milter: [Listener<MilterConversation>]
    /// For doors that are not listeners: the answer to a message by the gateway's own limits.
    let handler: GatewayHandler

    /// In the order in which they were named: SMTP and LMTP first, then milters.
    var services: [any Service] { smtp as [any Service] + milter }

    /// - Parameters:
    ///   - current: the path of new messages.
    ///   - flow: is told of every message too, for the admin page.
    ///   - observer: is shown every plan as it is made.
    init(
        _ configuration: GatewayConfiguration, parts: GatewayParts, current: CurrentPath, group: any EventLoopGroup,
        logger: Logger, flow: any MessageLog, observer: (@Sendable (DecidedMessage) -> Void)?
    ) {
        let messageLog = MessageLogs([StructuredLog(logger), MessageMeter(), flow])
        let directory = configuration.usersFile.map { path in
            let directory = UserDirectory(path: path) {
                logger.error("\($0.inOneLine)", metadata: $0.hint.map { ["hint": "\($0)"] })
            }
            // Read once now, so that what is wrong with it is told at the start and not to the first user.
            _ = directory.problem()
            return directory
        }
        // One desk for all doors of the same patience: whoever guesses at several is one who guesses.
        var desks: [Int: UserLoginDesk] = [:]
        handler = GatewayHandler(current: current, messageLog: messageLog, observer: observer)
        var smtp: [Listener<SMTPConversation>] = []
        for door in configuration.doors {
            let limits = door.limits ?? configuration.limits
            if door.login != .none, desks[limits.loginFailures] == nil, let directory {
                desks[limits.loginFailures] = UserLoginDesk(directory: directory, limits: limits)
            }
            let listening = ListenerConfiguration(
                address: door.address, hostname: configuration.hostname, limits: limits,
                spool: parts.spool, protocol: door.doorProtocol, tls: door.tls,
                loginDesk: door.login == .none ? nil : desks[limits.loginFailures],
                requiresLogin: door.login == .required,
                trustedPeers: PeerList(door.trustedPeers), proxyPeers: PeerList(door.proxyPeers), budget: parts.budget)
            let handler = GatewayHandler(
                current: current, replySeconds: door.limits?.replySeconds, messageLog: messageLog, observer: observer)
            smtp.append(Listener(configuration: listening, handler: handler, logger: logger, group: group))
        }
        self.smtp = smtp
        milter = configuration.milter.map { door in
            let limits = door.limits ?? configuration.limits
            return Listener(
                configuration: MilterListenerConfiguration(
                    address: door.address, limits: limits, budget: parts.budget, spool: parts.spool),
                handler: MilterGateway(
                    current: current, replySeconds: limits.milterReplySeconds, splits: door.splits,
                    messageLog: messageLog, observer: observer),
                logger: logger, group: group)
        }
    }

    /// Opens them; an address that is taken is known at once.
    /// - Returns: the addresses, with the ports the system chose.
    /// - Throws: `ListenError`, which names the address.
    func bind() async throws -> [HostPort] {
        for listener in smtp { try await listener.bind() }
        for listener in milter { try await listener.bind() }
        return smtp.compactMap(\.boundAddress) + milter.compactMap(\.boundAddress)
    }
}
