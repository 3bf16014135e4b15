// A next hop that misbehaves on request: an SMTP server on 127.0.0.1 whose every answer a test can replace, and which
// counts what it delivered.

import Foundation
import Mail
import NIOCore
import NIOPosix
import NIOSSL
import SASL
import SMTP
import Synchronization

/// Where in the dialogue the hop is when it asks the script what to do.
struct HopPoint: Sendable {
    /// CONNECT, EHLO, HELO, MAIL, RCPT, DATA, DOT (after the final dot), RSET, QUIT.
    var verb: String
    /// The command line.
    var line: String
    /// Number of the connection, from 1.
    var connection: Int
    /// How often this verb has come on any connection, from 1.
    var occurrence: Int
}

/// What the hop does instead of its usual answer.
enum HopAction: Sendable {
    case usual
    /// This text, as it is, CRLF added. At DOT a 2xx delivers.
    case reply(String)
    /// Usual answer, then the line is dropped.
    case usualThenDrop
    /// Nothing, the line is dropped. At DOT: not delivered.
    case drop
    /// Nothing is said, but at DOT the message is delivered; then the line is dropped.
    case acceptThenDrop
    /// Nothing, for ever.
    case silence
    /// The usual answer, octet by octet.
    case drip
}

/// What secures the hop.
struct HopSecurity: Sendable {
    var context: NIOSSLContext
    /// TLS with the first octet.
    var isImplicit = false
    /// What is announced under TLS; nil is the same as in clear, without STARTTLS.
    var extensions: [String]?
    /// Sent in clear in one breath with the answer to STARTTLS.
    var injection = ""
    /// What the hop does behind its answer to STARTTLS.
    enum Handshake: Sendable { case usual, drop, silence, rubbish }
    var handshake = Handshake.usual
}

/// The server. Deliveries are counted per message with the recipients that were accepted.
final class ScriptedHop: Sendable {
    struct Delivery: Sendable, Equatable {
        var sender: String
        var recipients: [String]
        var content: String
        /// True where the hop has it and its yes was lost on the way.
        var isReplyLost = false
    }

    struct Record: Sendable {
        var connections = 0
        var deliveries: [Delivery] = []
        var commands: [String] = []
        /// What each read of the socket gave, before it was cut into lines.
        var segments: [String] = []
        var counts: [String: Int] = [:]
        var closed = 0
        /// Commands that came under TLS.
        var securedCommands: [String] = []
        var handshakes = 0
    }

    typealias Script = @Sendable (HopPoint) -> HopAction

    /// With STARTTLS and what goes with it.
    static let secureExtensions = ["PIPELINING", "8BITMIME", "STARTTLS", "DSN"]
    static let allExtensions = ["PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]

    let address: HostPort
    private let channel: any Channel
    private let book: Book

    /// Shared between the connections.
    final class Book: Sendable {
        let record = Mutex(Record())
        let script: Mutex<Script>
        let extensions: [String]?
        let security: HopSecurity?
        let desk: (any LoginDesk)?
        init(
            script: @escaping Script, extensions: [String]?, security: HopSecurity?, desk: (any LoginDesk)?
        ) {
            self.script = Mutex(script)
            self.extensions = extensions
            self.security = security
            self.desk = desk
        }
    }

    var record: Record { book.record.withLock { $0 } }

    private init(channel: any Channel, book: Book, unix path: String?) {
        self.channel = channel
        self.book = book
        address = path.map { .unix(path: $0) } ?? .tcp(host: "127.0.0.1", port: channel.localAddress?.port ?? 0)
    }

    /// - Parameters:
    ///   - extensions: nil for a hop that refuses EHLO.
    ///   - unix: path of a socket, or nil for a port that the system chooses.
    ///   - desk: answers AUTH.
    static func start(
        extensions: [String]? = allExtensions, unix path: String? = nil, security: HopSecurity? = nil,
        desk: (any LoginDesk)? = nil, script: @escaping Script = { _ in .usual }
    ) async throws -> ScriptedHop {
        let book = Book(script: script, extensions: extensions, security: security, desk: desk)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let security, security.isImplicit {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: security.context))
                    }
                    try channel.pipeline.syncOperations.addHandler(HopHandler(book))
                }
            }
        let channel =
            if let path {
                try await bootstrap.bind(unixDomainSocketPath: path).get()
            } else {
                try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            }
        return ScriptedHop(channel: channel, book: book, unix: path)
    }

    func follow(_ script: @escaping Script) { book.script.withLock { $0 = script } }
    /// What was recorded so far counts no more.
    func forgetAll() { book.record.withLock { $0 = Record() } }
    /// Stops listening; open connections stay.
    func stop() async throws {
        if channel.isActive { try await channel.close() }
    }
}

private final class HopHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let book: ScriptedHop.Book
    private var number = 0
    private var inbound = ByteBuffer()
    private var searched = 0
    private var sender = ""
    private var recipients: [String] = []
    private var hasMail = false
    private var isInData = false
    private var isMute = false
    private var isSecured = false
    private var exchange: (any LoginExchange)?

    init(_ book: ScriptedHop.Book) { self.book = book }

    func channelActive(context: ChannelHandlerContext) {
        number = book.record.withLock { record in
            record.connections += 1
            return record.connections
        }
        act(at: "CONNECT", "", usual: "220 hop.example.org ESMTP", context)
    }

    func channelInactive(context: ChannelHandlerContext) { book.record.withLock { $0.closed += 1 } }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if "\(event)".contains("handshakeCompleted") {
            isSecured = true
            book.record.withLock { $0.handshakes += 1 }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        let segment = String(buffer: bytes)
        book.record.withLock { $0.segments.append(segment) }
        inbound.writeBuffer(&bytes)
        while !isMute, context.channel.isActive {
            guard let block = isInData ? takeContent() : takeLine() else { return }
            if isInData {
                isInData = false
                endOfData(block, context)
            } else {
                command(block, context)
            }
        }
    }

    private func takeLine() -> String? { take(until: [13, 10]) }
    private func takeContent() -> String? {
        if inbound.readableBytesView.starts(with: [46, 13, 10]) {
            inbound.moveReaderIndex(forwardBy: 3)
            return ""
        }
        return take(until: [13, 10, 46, 13, 10]).map { $0 + "\r\n" }
    }

    private func take(until end: [UInt8]) -> String? {
        // Each octet is searched once: a large message comes in many pieces.
        let found = inbound.withUnsafeReadableBytes { bytes -> Int? in
            guard let base = bytes.baseAddress else { return nil }
            while searched < bytes.count, let hit = memchr(base + searched, 10, bytes.count - searched) {
                searched = base.distance(to: UnsafeRawPointer(hit)) + 1
                let start = searched - end.count
                if start >= 0, bytes[start..<searched].elementsEqual(end) { return start }
            }
            searched = bytes.count
            return nil
        }
        guard let found else { return nil }
        searched = 0
        let text = inbound.readString(length: found)
        inbound.moveReaderIndex(forwardBy: end.count)
        return text
    }

    private func command(_ line: String, _ context: ChannelHandlerContext) {
        if exchange != nil { return step(line == "=" ? "" : line, context) }
        book.record.withLock { record in
            record.commands.append(line)
            if isSecured { record.securedCommands.append(line) }
        }
        let verb = String(line.prefix { $0 != " " }).uppercased()
        switch verb {
        case "EHLO":
            guard let extensions = announced else {
                return act(at: verb, line, usual: "502 5.5.1 no EHLO", context)
            }
            var lines = ["hop.example.org"] + extensions
            let last = lines.removeLast()
            act(at: verb, line, usual: (lines.map { "250-" + $0 } + ["250 " + last]).joined(separator: "\r\n"), context)
        case "HELO": act(at: verb, line, usual: "250 hop.example.org", context)
        case "MAIL":
            act(at: verb, line, usual: hasMail ? "503 5.5.1 nested MAIL" : "250 2.1.0 ok", context) {
                self.hasMail = true
                self.sender = Self.path(line)
            }
        case "RCPT":
            act(at: verb, line, usual: hasMail ? "250 2.1.5 ok" : "503 5.5.1 need MAIL", context) {
                self.recipients.append(Self.path(line))
            }
        case "DATA":
            act(at: verb, line, usual: recipients.isEmpty ? "554 5.5.1 no valid recipients" : "354 go on", context)
        case "RSET":
            reset()
            act(at: verb, line, usual: "250 2.0.0 ok", context)
        case "STARTTLS":
            guard let security = book.security else { return say("502 5.5.1 no TLS", context) }
            act(at: verb, line, usual: "220 2.0.0 go ahead" + security.injection, context) {
                switch security.handshake {
                case .usual: self.beginTLS(security, context)
                case .drop: self.drop(context)
                case .silence: self.isMute = true
                case .rubbish:
                    self.isMute = true
                    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                    context.eventLoop.scheduleTask(in: .milliseconds(100)) {
                        bound.value.0.say("this is no handshake", bound.value.1)
                    }
                }
            }
        case "AUTH":
            let words = line.split(separator: " ")
            exchange = book.desk?.begin(words.count > 1 ? String(words[1]) : "", clientAddress: "")
            guard exchange != nil else { return say("504 5.5.4 no such mechanism", context) }
            step(words.count > 2 ? String(words[2]) : nil, context)
        case "QUIT":
            act(at: verb, line, usual: "221 2.0.0 bye", context)
            context.close(promise: nil)
        default: say("500 5.5.2 unknown command", context)
        }
    }

    private var announced: [String]? {
        guard isSecured else { return book.extensions }
        return book.security?.extensions ?? book.extensions?.filter { $0 != "STARTTLS" }
    }

    /// The answer to STARTTLS is written in clear first: the handler goes in behind it.
    private func beginTLS(_ security: HopSecurity, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.execute {
            try? bound.value.1.pipeline.syncOperations.addHandler(
                NIOSSLServerHandler(context: security.context), position: .first)
        }
    }

    /// One step of AUTH; the answer comes from another task.
    private func step(_ response: String?, _ context: ChannelHandlerContext) {
        guard let exchange else { return }
        guard response != "*" else {
            self.exchange = nil
            return say("501 5.7.0 given up", context)
        }
        let octets = response.flatMap { Data(base64Encoded: $0 == "=" ? "" : $0) }.map { [UInt8]($0) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        Task {
            let step = await exchange.step(octets)
            loop.execute { bound.value.0.answer(step, bound.value.1) }
        }
    }

    private func answer(_ step: LoginStep, _ context: ChannelHandlerContext) {
        switch step {
        case .challenge(let bytes): say("334 " + Data(bytes).base64EncodedString(), context)
        // SCRAM's last word is one more challenge; the answer to it is empty.
        case .success(_, let final?):
            say("334 " + Data(final).base64EncodedString(), context)
            exchange = Satisfied()
        case .success(_, nil):
            exchange = nil
            say("235 2.7.0 welcome", context)
        case .failure:
            exchange = nil
            say("535 5.7.8 no", context)
        }
    }

    /// Says yes to whatever comes.
    private final class Satisfied: LoginExchange {
        func step(_ response: [UInt8]?) async -> LoginStep {
            .success(Login(name: "", maySendAs: DomainList([])), final: nil)
        }
    }

    private func endOfData(_ stuffed: String, _ context: ChannelHandlerContext) {
        var octets: [UInt8] = []
        octets.reserveCapacity(stuffed.utf8.count)
        var isAtStart = true
        for octet in stuffed.utf8 {
            if !(isAtStart && octet == 46) { octets.append(octet) }
            isAtStart = octet == 10
        }
        let content = String(decoding: octets, as: UTF8.self)
        let delivery = ScriptedHop.Delivery(sender: sender, recipients: recipients, content: content)
        reset()
        act(at: "DOT", "", usual: "250 2.0.0 queued", context) { [book] in
            book.record.withLock { $0.deliveries.append(delivery) }
        }
    }

    private func reset() {
        hasMail = false
        sender = ""
        recipients = []
    }

    /// Asks the script; `onYes` happens where the answer is positive, before it is written.
    private func act(
        at verb: String, _ line: String, usual: String, _ context: ChannelHandlerContext, onYes: () -> Void = {}
    ) {
        let occurrence = book.record.withLock { record in
            record.counts[verb, default: 0] += 1
            return record.counts[verb] ?? 0
        }
        let script = book.script.withLock { $0 }
        let point = HopPoint(verb: verb, line: line, connection: number, occurrence: occurrence)
        switch script(point) {
        case .usual: answer(usual, verb, context, onYes)
        case .reply(let text): answer(text, verb, context, onYes)
        case .usualThenDrop:
            answer(usual, verb, context, onYes)
            drop(context)
        case .drop: drop(context)
        case .acceptThenDrop:
            if verb == "DOT" {
                onYes()
                book.record.withLock { $0.deliveries[$0.deliveries.count - 1].isReplyLost = true }
            }
            drop(context)
        case .silence: isMute = true
        case .drip:
            yesIfPositive(usual, verb, onYes)
            for octet in (usual + "\r\n").utf8 {
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [octet])), promise: nil)
            }
        }
    }

    private func answer(_ text: String, _ verb: String, _ context: ChannelHandlerContext, _ onYes: () -> Void) {
        yesIfPositive(text, verb, onYes)
        say(text, context)
    }

    private func yesIfPositive(_ text: String, _ verb: String, _ onYes: () -> Void) {
        if text.hasPrefix("2") { onYes() }
        if verb == "DATA" { isInData = text.hasPrefix("3") }
    }

    private func drop(_ context: ChannelHandlerContext) {
        isMute = true
        context.close(promise: nil)
    }

    private func say(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
    }

    private static func path(_ line: String) -> String {
        guard let open = line.firstIndex(of: "<"), let close = line.lastIndex(of: ">") else { return "" }
        return String(line[line.index(after: open)..<close])
    }
}
