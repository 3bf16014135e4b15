// A whole gateway in process: real sockets, real gpg, real databases; the next hop is a scripted SMTP server.

import Extraction
import Foundation
import Gateway
import Links
import Listeners
import Logging
import Mail
import NIOPosix
import Policy
import Sealing
import ServiceLifecycle
import SettingValues
import Support
import Synchronization
import Wording

/// The next hop: keeps what it takes; a script may refuse.
final class Sink: MessageHandler {
    struct State {
        var messages: [ReceivedMessage] = []
        var refuse: (@Sendable (ReceivedMessage, Int) -> Refusal?)?
        var seen = 0
    }
    private let state = Mutex(State())

    func handle(_ message: ReceivedMessage) async -> HandledMessage {
        state.withLock { state in
            defer { state.seen += 1 }
            if let refusal = state.refuse?(message, state.seen) { return HandledMessage(refusal: refusal) }
            state.messages.append(message)
            return HandledMessage(refusal: nil)
        }
    }

    /// Decides per message (counted from 0) whether the final dot is refused.
    func refuse(_ rule: (@Sendable (ReceivedMessage, Int) -> Refusal?)?) {
        state.withLock {
            $0.refuse = rule
            $0.seen = 0
        }
    }

    var messages: [ReceivedMessage] { state.withLock { $0.messages } }
}

/// What tests are told about a running gateway.
struct RunningTest: Sendable {
    let folder: TemporaryFolder
    let gpg: TestGPG
    let sink: Sink
    let port: Int
    let milterPort: Int
    let plans: Plans
    let gateway: AssembledGateway
    let configuration: GatewayConfiguration
    let handler: GatewayHandler
    /// The next hop where it is a scripted one.
    var hop: ScriptedHop?

    /// Submits a message; gives the deciding reply.
    func submit(_ message: String, from: String = "alice@example.org", to: String..., parameters: String = "")
        async throws
        -> String
    {
        try await SocketClient.submit(port: port, from: from, to: to, message: message, parameters: parameters)
    }

    /// Puts a certificate into the key folder.
    func addKey(_ address: String, file: String? = nil) throws {
        try folder.write("keys/\(file ?? address).asc", try gpg.makeKey(address))
    }
}

/// The plans the gateway made.
final class Plans: Sendable {
    private let all = Mutex<[DecidedMessage]>([])
    func add(_ plan: DecidedMessage) { all.withLock { $0.append(plan) } }
    var last: DecidedMessage? { all.withLock { $0.last } }
}

/// Options of a test gateway.
struct TestOptions: Sendable {
    var policy = TestOptions.standardPolicy
    var links = true
    var gpgProgram = "/usr/bin/gpg"
    var gpgTimeoutSeconds = 20
    /// Looks into attachments.
    var extractor = BuiltExtractor.program
    var limits = Limits()
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    /// Port of the next hop instead of the sink's, to have nobody there.
    var nextHopPort: Int?
    /// A features log in the test's folder.
    var features: (@Sendable (TemporaryFolder) -> FeaturesSettings)?
    /// `split: yes` at the milter door.
    var milterSplits = false
    /// `sign.key` is a key of `gate@example.org` in the test's GnuPG home; "" is a key that is not there.
    var signer: String?
    /// The file of the quarantine's certificate: "" is made by the test's gpg, nil is none at all.
    var quarantineKey: String?
    /// Senders are told the fates of their letters.
    var notices = false
    /// How the passwords of letters are stretched.
    var stretching = Stretching()
    /// Changes links, where there are any.
    var editLinks: @Sendable (inout LinkSettings) -> Void = { _ in }

    static let standardPolicy = """
        version: 1
        defaults: { protect: none, with: [pgp, link] }
        rules:
          - id: asked-for
            when: { subject: '^\\[secure\\]' }
            then: { protect: required }
          - id: hidden
            when: { subject: '^\\[hide\\]' }
            then: { protect: required, with: [pgp], hide-subject: true }
          - id: cards
            when: { content: { detector: payment-card } }
            then: { protect: required, with: [pgp] }
          - id: programs
            when: { attachment: { kind: program } }
            then: { refuse: "programs do not leave by mail" }
        """
}

/// Runs `body` beside a gateway and its next hop, and ends both.
func withGateway(_ options: TestOptions = .init(), _ body: @escaping @Sendable (RunningTest) async throws -> Void)
    async throws
{
    await GatewayPlaces.all.take()
    do {
        try await runGateway(options, body)
    } catch {
        await GatewayPlaces.all.give()
        throw error
    }
    await GatewayPlaces.all.give()
}

/// So many gateways run at once: each holds dozens of files open, and Foundation's Process cannot start a program from
/// a process with more than a thousand.
private actor GatewayPlaces {
    static let all = GatewayPlaces()
    private var free = 10
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func give() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

private func runGateway(_ options: TestOptions, _ body: @escaping @Sendable (RunningTest) async throws -> Void)
    async throws
{
    let folder = try TemporaryFolder()
    try folder.write("policy/rules.yaml", options.policy)
    try FileManager.default.createDirectory(atPath: folder.file("keys"), withIntermediateDirectories: true)
    let logger = options.logger
    let group = MultiThreadedEventLoopGroup.singleton
    let sink = Sink()
    guard let anywhere = HostPort("127.0.0.1:0") else { throw SupportError("address") }
    let next = Listener(
        configuration: ListenerConfiguration(address: anywhere, hostname: "sink.example.org", limits: Limits()),
        handler: sink, logger: logger, group: group)
    try await next.bind()
    guard case .tcp(_, let sinkPort)? = next.boundAddress, let from = Mailbox("letters@example.org"),
        let hop = HostPort("127.0.0.1:\(options.nextHopPort ?? sinkPort)")
    else { throw SupportError("no sink") }
    let plans = Plans()
    let gpg = try TestGPG()
    var settings = LetterlockSettings()
    settings.hostname = "gate.example.org"
    settings.inside = DomainList(["example.org"])
    settings.timeZone = .gmt
    settings.keys = folder.file("keys")
    settings.policy = folder.file("policy")
    settings.state = folder.file("var")
    settings.listen.smtp = [ListenerSettings(anywhere)]
    var milter = ListenerSettings(anywhere)
    milter.split = options.milterSplits
    settings.listen.milter = [milter]
    settings.nextHop = NextHopSettings(address: hop)
    settings.gpg = GPGSettings(program: options.gpgProgram, timeoutSeconds: options.gpgTimeoutSeconds, workers: 2)
    settings.limits = options.limits
    settings.links.url = options.links ? "http://127.0.0.1:9" : nil
    settings.links.from = from
    settings.links.expireSeconds = 86_400
    settings.links.languages = LanguageMap(entries: [".fr": .fr])
    settings.links.unattended = DomainList(["noreply@example.org"])
    if !options.notices {
        settings.links.notices.opened = false
        settings.links.notices.resting = false
        settings.links.notices.expiring = false
        settings.links.notices.expired = false
    }
    options.editLinks(&settings.links)
    settings.features = options.features?(folder) ?? FeaturesSettings()
    if let signer = options.signer {
        if !signer.isEmpty { _ = try gpg.makeKey(signer) }
        settings.sign.key = signer.isEmpty ? "nobody@example.org" : signer
        settings.sign.homeFolder = gpg.home
    }
    if let key = options.quarantineKey {
        if key.isEmpty { try folder.write("quarantine.asc", try gpg.makeKey("quarantine@example.org")) }
        settings.quarantine.key = key.isEmpty ? folder.file("quarantine.asc") : key
        settings.quarantine.officer = Mailbox("security@example.org")
        settings.quarantine.keepSeconds = 86_400
    }
    settings.extract.program = options.extractor
    settings.extract.timeoutSeconds = 5
    var configuration = GatewayConfiguration(settings)
    // Tests ask for rounds of the outbox themselves.
    configuration.answerPauseSeconds = 3600
    configuration.rounds = 1000
    configuration.stretching = options.stretching
    let gateway = try await AssembledGateway(
        configuration, group: group, logger: logger, observer: { plans.add($0) })
    let doors = try await gateway.bind()
    guard case .tcp(_, let port)? = doors.first, case .tcp(_, let milterPort)? = doors.last else {
        throw SupportError("no listener")
    }
    let services = ServiceGroup(
        configuration: ServiceGroupConfiguration(services: [next] + gateway.services, logger: logger))
    let running = RunningTest(
        folder: folder, gpg: gpg, sink: sink, port: port, milterPort: milterPort, plans: plans,
        gateway: gateway, configuration: configuration, handler: gateway.handler)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await services.run() }
        let result: Result<Void, any Error>
        do {
            try await body(running)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await services.triggerGracefulShutdown()
        try await tasks.waitForAll()
        await gateway.shutdown()
        try result.get()
    }
}
