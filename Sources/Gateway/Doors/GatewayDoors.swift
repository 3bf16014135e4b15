// Makes the listeners of a gateway, all with the one path, log, budget and spool behind them.

import Listeners
import Logging
import Mail
import NIOCore
import Policy
import SASL
import ServiceLifecycle
import SettingValues

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
        let directory = configuration.settings.users.map { path in
            let directory = UserDirectory(path: path) {
                logger.error("\($0.inOneLine)", metadata: $0.hint.map { ["hint": "\($0)"] })
            }
            // Read once now, so that what is wrong with it is told at the start and not to the first user.
            _ = directory.problem()
            return directory
        }
        // One desk for all doors of the same patience: guesses at several of them are counted together.
        var desks: [Int: UserLoginDesk] = [:]
        handler = GatewayHandler(current: current, messageLog: messageLog, observer: observer)
        var smtp: [Listener<SMTPConversation>] = []
        let settings = configuration.settings
        for (door, spoken) in settings.listen.smtp.map({ ($0, ListenerConfiguration.DoorProtocol.smtp) })
            + settings.listen.lmtp.map({ ($0, .lmtp) })
        {
            let own = door.limits.values.isEmpty ? nil : door.limits.applied(to: settings.limits)
            let limits = own ?? settings.limits
            if door.auth != .none, desks[limits.loginFailures] == nil, let directory {
                desks[limits.loginFailures] = UserLoginDesk(directory: directory, limits: limits)
            }
            let listening = ListenerConfiguration(
                address: door.address, hostname: settings.hostname, limits: limits,
                spool: parts.spool, protocol: spoken, tls: door.offeredTLS,
                loginDesk: door.auth == .none ? nil : desks[limits.loginFailures],
                requiresLogin: door.auth == .required,
                trustedPeers: PeerList(door.trustedPeers), proxyPeers: PeerList(door.proxyPeers), budget: parts.budget)
            // A door without limits of its own follows the gateway's, also after a reload.
            let handler = GatewayHandler(
                current: current, replySeconds: own?.replySeconds, messageLog: messageLog, observer: observer)
            smtp.append(Listener(configuration: listening, handler: handler, logger: logger, group: group))
        }
        self.smtp = smtp
        milter = settings.listen.milter.map { door in
            let limits = door.limits.applied(to: settings.limits)
            return Listener(
                configuration: MilterListenerConfiguration(
                    address: door.address, limits: limits, budget: parts.budget, spool: parts.spool),
                handler: MilterGateway(
                    current: current, replySeconds: limits.milterReplySeconds, splits: door.split,
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

extension ListenerSettings {
    /// What the listener offers. The settings have checked that both paths are there wherever TLS is.
    fileprivate var offeredTLS: ListenerConfiguration.TLS {
        guard let files = files.files else { return .none }
        return switch tls {
        case .none: .none
        case .starttls: .starttls(files)
        case .implicit: .implicit(files)
        }
    }
}
