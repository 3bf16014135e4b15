// Opens connections to the next hop: connects, TLS and log-in as the settings want them, and the one way back, from
// opportunistic TLS that failed to a new connection in clear. Touches sockets and the password file.

import Dispatch
import Foundation
import Logging
import Mail
import NIOCore
import NIOPosix
import SettingValues
import SMTP

/// Who we say we are, for as long as one connection opens.
struct NextHopCredentials: Sendable {
    /// Where answers to challenges are computed; log-ins are rare, one at a time is enough.
    static let queue = DispatchQueue(label: "letterlock.next-hop.login")
    /// Longest password file that is read, in bytes.
    private static let mostBytes = 4096

    let user: String
    let password: Secret

    /// Reads the password's file: its first line.
    /// - Throws: ``ClientFailure`` where there is no password in it.
    init(_ login: NextHopSettings.Login) throws {
        user = login.user
        guard let file = FileHandle(forReadingAtPath: login.passwordFile),
            var data = try file.read(upToCount: Self.mostBytes)
        else {
            throw ClientFailure(
                .loginFailed("reading \"\(login.passwordFile)\": no such file, or nothing in it"),
                at: .opening)
        }
        defer { data.resetBytes(in: 0..<data.count) }
        let line = data.prefix { $0 != 10 && $0 != 13 }
        guard !line.isEmpty, let text = String(validating: line, as: UTF8.self) else {
            throw ClientFailure(
                .loginFailed("reading \"\(login.passwordFile)\": its first line is no password"),
                at: .opening)
        }
        password = Secret(text)
    }
}

/// Everything that opening a connection takes.
struct NextHopDoor {
    let hop: NextHopSettings
    let tls: NextHopTLS?
    let hostname: String
    let limits: Limits
    let group: any EventLoopGroup
    let logger: Logger

    /// Connects and comes to the first transaction.
    /// - Throws: ``ClientFailure`` at stage `opening`, or the system's error where there is no connection.
    func open(by deadline: NIODeadline) async throws -> NextHopConnection {
        do {
            return try await open(way, by: deadline)
        } catch let failure as ClientFailure {
            // An attacker who can break a handshake can also hide STARTTLS: going on in clear gives nothing away (RFC
            // 7435). Where TLS begins with the first octet, nobody listens in clear.
            guard hop.tls == .opportunistic, !hop.isImplicit, case .tlsFailed(let why) = failure.reason,
                deadline > .now()
            else { throw failure }
            logger.notice(
                "TLS with the next hop failed, going on in clear", metadata: ["error": "\(why)"])
            return try await open(.never, by: deadline)
        }
    }

    private var way: ClientOpening.TLS {
        switch hop.tls {
        case .none: .never
        case .opportunistic: hop.isImplicit ? .implicit : .ifOffered
        case .required, .verified: hop.isImplicit ? .implicit : .required
        }
    }

    private func open(_ way: ClientOpening.TLS, by deadline: NIODeadline) async throws
        -> NextHopConnection
    {
        let credentials = try hop.login.map(NextHopCredentials.init)
        let ready = way == .never ? nil : try tls?.ready()
        let opening = ClientOpening(tls: way, logsIn: credentials != nil, mayLogInClear: hop.isLocal)
        let left = max(deadline - .now(), .milliseconds(1))
        let bootstrap = ClientBootstrap(group: group.any())
            .connectTimeout(min(.bounded(seconds: limits.nextHopConnectSeconds), left))
        let (hostname, limits) = (hostname, limits)
        let add: @Sendable (any Channel) -> EventLoopFuture<NextHopConnection.Opened> = { channel in
            channel.eventLoop.makeCompletedFuture {
                let life = ConnectionLife()
                let handler = NextHopHandler(
                    hostname: hostname, opening: opening, limits: limits, openBy: deadline, life: life,
                    tls: ready,
                    credentials: credentials)
                if way == .implicit, let ready {
                    try channel.pipeline.syncOperations.addHandler(try ready.handler())
                }
                try channel.pipeline.syncOperations.addHandler(handler)
                return NextHopConnection.Opened(
                    channel: channel, handler: NIOLoopBound(handler, eventLoop: channel.eventLoop), life: life
                )
            }
        }
        let opened =
            switch hop.address {
            case .tcp(let host, let port):
                try await bootstrap.connect(host: host, port: port, channelInitializer: add)
            case .unix(let path):
                try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: add)
            }
        return try await NextHopConnection.open(opened)
    }
}
