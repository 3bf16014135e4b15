// `letterlock demo`: gateway, portal and a mailbox on loopback, five messages, and for each what went in, what was
// decided, and what came out, opened again as proof. Touches a temporary folder and loopback only.

import Dispatch
import Foundation
import Gateway
import Listeners
package import Logging
import MIME
import Mail
import NIOPosix
import Policy
import Sealing
import ServiceLifecycle
import UnixSignals
import Synchronization

/// One demo.
package struct DemoRun: Sendable {
    private let policyFolder: String
    private let portalProgram: String
    private let staysOpen: Bool
    private let out: @Sendable (String) -> Void

    /// - Parameters:
    ///   - policyFolder: the rules that judge.
    ///   - portalProgram: path of letterlock-portal.
    ///   - staysOpen: wait for Ctrl-C at the end, so that the link can be opened in a browser.
    ///   - out: writes one line of the report.
    package init(
        policyFolder: String, portalProgram: String, staysOpen: Bool, out: @escaping @Sendable (String) -> Void
    ) {
        self.policyFolder = policyFolder
        self.portalProgram = portalProgram
        self.staysOpen = staysOpen
        self.out = out
    }

    /// Runs it.
    /// - Throws: an error whose text says what did not work; everything is cleared away all the same.
    package func run(logger: Logger) async throws {
        out("Letterlock demo: everything on this machine's loopback, with throw-away keys and state.")
        out("")
        let world = try DemoWorld()
        defer { world.end() }
        out("making keys for \(DemoMessage.bob) and \(DemoMessage.dora) …")
        try world.makeKey(DemoMessage.bob)
        try world.makeKey(DemoMessage.dora)
        let portalPort = try LoopbackClient.freePort()

        let mailbox = DemoMailbox()
        let next = try Listener(
            configuration: ListenerConfiguration(
                address: Self.anyPort(), hostname: "mailbox.localhost", limits: Limits()),
            handler: mailbox, logger: logger, group: .singletonMultiThreadedEventLoopGroup)
        try await next.bind()
        let plans = Plans()
        let gateway = try await AssembledGateway(
            configuration(world, portalPort: portalPort, nextHop: Self.address(next.boundAddress)),
            group: .singletonMultiThreadedEventLoopGroup, logger: logger, observer: { plans.add($0) })
        let port = try Self.port(await gateway.bind().first)
        try world.startPortal(portalProgram, port: portalPort)
        out("gateway on 127.0.0.1:\(port), mailbox behind it, portal on http://127.0.0.1:\(portalPort)")
        out("rules: \(policyFolder)")

        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [next] + gateway.services, gracefulShutdownSignals: [.sigint, .sigterm], logger: logger))
        let show = DemoShow(gatewayPort: port, mailbox: mailbox, plans: plans, gpgHome: world.gpgHome, out: out)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            let result: Result<DemoLetter?, any Error>
            do { result = .success(try await show.all(opensLink: !staysOpen)) } catch { result = .failure(error) }
            if case .success(let letter?) = result, staysOpen {
                out("Open this in your browser, the password beside it:")
                out("")
                out("    \(letter.link)")
                out("    password: \(letter.password)")
                out("")
                out("Ctrl-C ends the demo and clears everything away.")
            } else {
                await services.triggerGracefulShutdown()
            }
            try await tasks.waitForAll()
            _ = try result.get()
        }
        await gateway.shutdown()
        out("")
        out("done: everything was cleared away. Next: README.md, \"Beside your Postfix\".")
    }

    private func configuration(_ world: DemoWorld, portalPort: Int, nextHop: HostPort) throws -> GatewayConfiguration {
        guard let from = Mailbox("letters@example.org") else { throw DemoError("letters@example.org is no mailbox") }
        return GatewayConfiguration(
            hostname: "gate.example.org", inside: DomainList(["example.org", ".example.org"]),
            unattended: DomainList(["noreply@example.org"]), keysFolder: world.keysFolder, policyFolder: policyFolder,
            stateFolder: world.stateFolder, doors: [GatewayDoor(address: try Self.anyPort())],
            nextHop: NextHopSettings(address: nextHop),
            gpgProgram: "/usr/bin/gpg", gpgTimeoutSeconds: 60, gpgWorkers: 2,
            links: LinkSettings(
                baseURL: "http://127.0.0.1:\(portalPort)", expireSeconds: 30 * 86_400, from: from,
                languages: LanguageMap()),
            limits: Limits())
    }

    private static func anyPort() throws -> HostPort { try address(HostPort("127.0.0.1:0")) }

    private static func address(_ address: HostPort?) throws -> HostPort {
        guard let address else { throw DemoError("no loopback address to listen on") }
        return address
    }

    private static func port(_ address: HostPort?) throws -> Int {
        guard case .tcp(_, let port)? = address else { throw DemoError("no loopback port to listen on") }
        return port
    }
}

/// The plans the gateway made, in order.
final class Plans: Sendable {
    private let all = Mutex<[DecidedMessage]>([])

    func add(_ plan: DecidedMessage) { all.withLock { $0.append(plan) } }

    /// The newest plan, once.
    func take() -> DecidedMessage? { all.withLock { $0.popLast() } }
}
