// A listener on a port of its own, a client that speaks line by line, and handlers that remember.

import Glibc
import Listeners
import Logging
import Mail
import NIOCore
import NIOPosix
import NIOSSL
import SettingValues
import SMTP
import ServiceLifecycle
import Synchronization

let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

/// Something that one side says once and the other waits for.
final class Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    init() { (stream, continuation) = AsyncStream.makeStream(of: Void.self) }
    func give() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}

/// A handler that keeps what it gets.
final class Recorder: MessageHandler {
    private let kept = Mutex<[ReceivedMessage]>([])
    private let confirmed = Mutex<Int>(0)
    private let answer: @Sendable (ReceivedMessage) async -> Refusal?
    /// Given when the first reply has been confirmed as written.
    let firstConfirmed = Signal()

    init(_ answer: @escaping @Sendable (ReceivedMessage) async -> Refusal? = { _ in nil }) { self.answer = answer }

    var messages: [ReceivedMessage] { kept.withLock { $0 } }
    var repliesWritten: Int { confirmed.withLock { $0 } }

    func handle(_ message: ReceivedMessage) async -> HandledMessage {
        kept.withLock { $0.append(message) }
        return HandledMessage(refusal: await answer(message)) {
            self.confirmed.withLock { $0 += 1 }
            self.firstConfirmed.give()
        }
    }
}

/// Says when the group runs, so that stopping it means something.
private struct Running: Service {
    let signal: Signal
    func run() async throws {
        signal.give()
        try await gracefulShutdown()
    }
}

/// Runs a listener around `body`; stops it gracefully afterwards and waits for its end.
func withListener(
    at address: HostPort = .tcp(host: "127.0.0.1", port: 0), _ handler: any MessageHandler = Recorder(),
    limits change: (inout Limits) -> Void = { _ in },
    configure: (inout ListenerConfiguration) -> Void = { _ in },
    group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    _ body: (HostPort, ServiceGroup) async throws -> Void
) async throws {
    var limits = Limits()
    change(&limits)
    var configuration = ListenerConfiguration(address: address, hostname: "gate.example.org", limits: limits)
    configure(&configuration)
    let listener = Listener(configuration: configuration, handler: handler, logger: quiet, group: group)
    try await listener.bind()
    let running = Signal()
    let services = ServiceGroup(services: [listener, Running(signal: running)], logger: quiet)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await services.run() }
        await running.wait()
        try await body(listener.boundAddress ?? address, services)
        await services.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}

/// One client.
struct TestClient {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let channel: any Channel
    private var buffer = ByteBuffer()
    private var parser = ReplyParser()

    fileprivate init(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ channel: any Channel
    ) {
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
        self.channel = channel
    }

    /// Says octets as they are.
    func send(bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    /// From here on everything goes through TLS, with the certificate in `trusted` as the only root.
    func beginTLS(_ trusted: String, change: (inout TLSConfiguration) -> Void = { _ in }) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(trusted)
        change(&configuration)
        let context = try NIOSSLContext(configuration: configuration)
        try await channel.eventLoop.submit { [channel] in
            try channel.pipeline.syncOperations.addHandler(
                try NIOSSLClientHandler(context: context, serverHostname: "gate.example.org"), position: .first)
        }.get()
    }

    /// Says text as it is.
    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// The speaking half, for a task of its own.
    var speech: @Sendable (String) async throws -> Void {
        { [outbound] text in try await outbound.write(ByteBuffer(string: text)) }
    }

    /// The next reply as one line; "closed" at the end.
    mutating func reply() async throws -> String {
        while true {
            switch parser.next(from: &buffer) {
            case .reply(let reply): return reply.description
            case .malformed(let why): return "malformed: \(why)"
            case .needMore:
                guard var more = try? await inbound.next() else { return "closed" }
                buffer.writeBuffer(&more)
            }
        }
    }

    /// Says a line and gives the reply.
    mutating func ask(_ line: String) async throws -> String {
        try await send(line + "\r\n")
        return try await reply()
    }

    /// Greeting, EHLO and an envelope up to the 354.
    mutating func open(greeted: Bool = false) async throws {
        if !greeted { _ = try await reply() }
        _ = try await ask("EHLO client.example.org")
        try await send("MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n")
        for _ in 0..<3 { _ = try await reply() }
    }

    /// Everything up to the end of the connection.
    mutating func replies() async throws -> [String] {
        var all: [String] = []
        while true {
            let next = try await reply()
            if next == "closed" { return all }
            all.append(next)
        }
    }
}

/// Connects, runs `body`, disconnects.
func withClient<Result: Sendable>(
    _ address: HostPort, _ body: (inout TestClient) async throws -> Result
) async throws -> Result {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    let wrap: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> = { channel in
        channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
    }
    let channel =
        switch address {
        case .tcp(let host, let port): try await bootstrap.connect(host: host, port: port, channelInitializer: wrap)
        case .unix(let path): try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: wrap)
        }
    return try await channel.executeThenClose { inbound, outbound in
        var client = TestClient(inbound, outbound, channel.channel)
        return try await body(&client)
    }
}

/// Waits until a listener with one place has it free again; gives what the newcomer was greeted with.
func greetingOnceFree(_ address: HostPort) async throws -> String {
    for _ in 0..<6000 {
        let greeting = try await withClient(address) { try await $0.reply() }
        if greeting.hasPrefix("220") { return greeting }
        try await Task.sleep(for: .milliseconds(10))
    }
    return "never free"
}

/// Waits until nobody listens any more: the listening socket is closed by another thread than the connections.
func refusesConnectionsSoon(_ address: HostPort) async throws -> Bool {
    for _ in 0..<6000 {
        do { try await withClient(address) { _ in } } catch { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}

/// A folder of the test's own with a short path, removed afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/ll-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw ChannelError.operationUnsupported }
    let folder = String(cString: made)
    defer {
        for name in ["socket", "other"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
    try await body(folder)
}
