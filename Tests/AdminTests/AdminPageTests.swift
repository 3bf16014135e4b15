// The admin page over a real socket: who comes in, what is escaped, what a form needs.

import Cryptography
import Foundation
import Gateway
import Logging
import Mail
import Operations
import SASL
import ServiceLifecycle
import Support
import Synchronization
import Testing
import Vault

@testable import Admin

/// Operations on a few things, which note what they are asked to do.
private final class Noted: AdminOperations {
    let done = Mutex<[String]>([])
    let letterLines: [LetterLine]
    let refused: [RefusedMessage]

    init(letters: [LetterLine] = [], refusals: [RefusedMessage] = []) {
        letterLines = letters
        refused = refusals
    }

    func today() async throws(Refusal) -> FlowOfDay {
        FlowOfDay(hours: [.init(beginsAtSeconds: 1_800_000_000, counts: [.pgp: 3, .refused: 1])])
    }
    func letters() async throws(Refusal) -> [LetterLine] { letterLines }
    func held() async throws(Refusal) -> HeldMessages {
        HeldMessages(
            release: .byCommandOnly,
            messages: [
                HeldLine(
                    id: "AAAA-BBBB", sender: "a@x.example",
                    recipients: [
                        .init(address: "b@y.example", rules: ["codenames"], reason: "<b>reason</b>")
                    ],
                    bytes: 1, receivedAtSeconds: 1, expiresAtSeconds: 2)
            ])
    }
    func keys() async throws(Refusal) -> KeyFolderState {
        throw Refusal(.storage, "no keys", detail: "no such <folder>")
    }
    func refusals() async -> [RefusedMessage] { refused }
    func health() async -> HealthFacts {
        HealthFacts(
            program: .init(
                hostname: "gate.example.org", version: "1", programs: [], startedAtSeconds: 1, reloadedAtSeconds: nil,
                reloadProblem: nil),
            databases: [("gateway.db", 1000)], freeBytes: 1, certificates: [])
    }
    func revoke(_ id: String, by who: String) async throws(Refusal) -> Bool { note("revoke \(id) \(who)") }
    func drop(_ id: String, reason: String, by who: String) async throws(Refusal) -> Bool {
        note("drop \(id) \(reason) \(who)")
    }
    func release(_ id: String, by who: String) async throws(Refusal) -> Bool { note("release \(id) \(who)") }

    private func note(_ what: String) -> Bool {
        done.withLock { $0.append(what) }
        return true
    }
}

/// A file of admins with one in it.
private struct Admins {
    let login: AdminLoginDesk
    let code: String

    init() throws {
        let path = NSTemporaryDirectory() + "letterlock-admins-\(UUID().uuidString)"
        let secret = try #require(OneTimeSecret.drawn())
        let verifier = try #require(ScramVerifier(password: Secret("correct horse"), iterations: 4096))
        let user = try #require(AdminUser(name: "alice", verifier: verifier, secret: secret))
        try AdminFile.edit(path, create: true) { file in
            let isDone = file.add(user)
            #expect(isDone)
        }
        login = AdminLoginDesk(path: path, nowSeconds: { 1_800_000_000 }, report: { _ in })
        code = try #require(secret.code(step: OneTimeSecret.step(atSeconds: 1_800_000_000)))
    }
}

/// Serves the page; gives its port.
private func withPage(
    _ operations: Noted, _ access: AdminAccess, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    _ body: @escaping @Sendable (Int) async throws -> Void
) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let anywhere = try #require(HostPort("127.0.0.1:0"))
    let page = try AdminPage(operations: operations, access: access, logger: logger, now: now)
    let server = AdminServer(
        address: anywhere, readiness: Readiness([HealthCheck("gpg") { .ok }]), book: MetricsBook(), logger: logger,
        page: page
    ) { bound in
        if case .tcp(_, let port) = bound { continuation.yield(port) }
    }
    let services = ServiceGroup(configuration: ServiceGroupConfiguration(services: [server], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await services.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        let result: Result<Void, any Error>
        do { result = .success(try await body(port)) } catch { result = .failure(error) }
        await services.triggerGracefulShutdown()
        try await tasks.waitForAll()
        try result.get()
    }
}

/// The whole answer as text.
private func ask(
    _ port: Int, _ request: String, host: String? = nil, headers: [String] = [], body: String = ""
) async throws -> String {
    var head = ["\(request) HTTP/1.1", "Host: \(host ?? "127.0.0.1:\(port)")", "Connection: close"] + headers
    if !body.isEmpty {
        head += ["Content-Type: application/x-www-form-urlencoded", "Content-Length: \(body.utf8.count)"]
    }
    let text = head.joined(separator: "\r\n") + "\r\n\r\n" + body
    return try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(
                with: Result {
                    let client = try SocketClient(port: port)
                    try client.send(text)
                    var lines: [String] = []
                    while let line = try client.line() { lines.append(line) }
                    return lines.joined(separator: "\n")
                })
        }
    }
}

private func cut(_ text: String, after start: String, before end: Character) -> String {
    guard let from = text.range(of: start)?.upperBound else { return "" }
    return String(text[from...].prefix { $0 != end })
}

private let ours = ["Sec-Fetch-Site: same-origin", "Origin: null"]
private let local = AdminAccess(login: nil, isLocal: true, isTLS: false, names: [])

private func letter(_ number: Int, to recipient: String = "bob@out.example") -> LetterLine {
    LetterLine(
        id: "id\(number)", sender: "alice@example.org", recipient: recipient, state: .waiting,
        createdAtSeconds: 1_800_000_000, expiresAtSeconds: 1_900_000_000)
}

@Suite struct AdminPageTests {
    @Test("Every page on loopback without a password, with the headers of a page that stays by itself")
    func pages() async throws {
        try await withPage(Noted(), local) { port in
            for (path, word) in [
                ("/", "Recipients by hour"), ("/links", "Letters behind links"), ("/quarantine", "&lt;b&gt;reason"),
                ("/keys", "no such &lt;folder&gt;"), ("/refusals", "Recent refusals"), ("/health", "gateway.db"),
            ] {
                let page = try await ask(port, "GET \(path)")
                #expect(page.hasPrefix("HTTP/1.1 200 "), "\(path) \(page.prefix(200))")
                #expect(page.contains(word), "\(path)")
                #expect(
                    page.contains("Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'"))
                #expect(!page.contains("unsafe-inline"))
                for header in [
                    "Cache-Control: no-store", "Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff",
                    "Cross-Origin-Opener-Policy: same-origin", "Cross-Origin-Resource-Policy: same-origin",
                ] { #expect(page.contains(header), "\(path) \(header)") }
                #expect(!page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick"))
                #expect(!page.contains("http://") && !page.contains("https://"), "\(path) names another site")
            }
            #expect(try await ask(port, "GET /none").hasPrefix("HTTP/1.1 404 "))
            #expect(
                try await ask(port, "GET /", headers: ["Accept-Language: xx, fr-FR;q=0.8, en;q=0.1"])
                    .contains("<html lang=\"fr\">"))
            #expect(try await ask(port, "PUT /").hasPrefix("HTTP/1.1 405 "))
        }
    }

    @Test(
        "A name that only leads here is refused, for looking and for doing",
        arguments: ["evil.example", "127.0.0.1.evil.example", "[::2]", ""])
    func rebinding(host: String) async throws {
        let noted = Noted()
        try await withPage(noted, local) { port in
            #expect(try await ask(port, "GET /links", host: host).hasPrefix("HTTP/1.1 4"))
            let post = try await ask(
                port, "POST /links/revoke", host: host, headers: ours, body: "id=id1&form=x")
            #expect(post.hasPrefix("HTTP/1.1 4"))
            #expect(try await ask(port, "GET /", host: "localhost:\(port)").hasPrefix("HTTP/1.1 200 "))
            #expect(try await ask(port, "GET /", host: "[::1]:\(port)").hasPrefix("HTTP/1.1 200 "))
        }
        #expect(noted.done.withLock { $0 }.isEmpty)
    }

    @Test("A form acts with its token and from our page only")
    func forms() async throws {
        let noted = Noted(letters: [letter(1)])
        try await withPage(noted, local) { port in
            let token = cut(try await ask(port, "GET /links"), after: "name=\"form\" value=\"", before: "\"")
            #expect(token.count == 32)
            let right = "id=id1&form=\(token)"
            let cases: [(headers: [String], body: String)] = [
                (ours, "id=id1"), (ours, "id=id1&form=00000000000000000000000000000000"), ([], right),
                (["Sec-Fetch-Site: cross-site", "Origin: null"], right), (["Sec-Fetch-Site: same-site"], right),
                (["Origin: null"], right), (["Origin: http://evil.example"], right),
                (["Sec-Fetch-Site: same-origin", "Origin: http://evil.example"], right),
            ]
            for one in cases {
                let answer = try await ask(port, "POST /links/revoke", headers: one.headers, body: one.body)
                #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(one) \(answer.prefix(100))")
            }
            #expect(try await ask(port, "GET /links/revoke?id=id1&form=\(token)").hasPrefix("HTTP/1.1 404 "))
            #expect(noted.done.withLock { $0 }.isEmpty)
            let done = try await ask(port, "POST /links/revoke", headers: ours, body: right)
            #expect(done.hasPrefix("HTTP/1.1 303 "))
            #expect(try await ask(port, "GET /links").contains("The letter is revoked."))
            #expect(!(try await ask(port, "GET /links").contains("The letter is revoked.")))
            let origin = ["Origin: http://127.0.0.1:\(port)"]
            _ = try await ask(port, "POST /quarantine/drop", headers: origin, body: "id=H&reason=a%20b&form=\(token)")
            _ = try await ask(port, "POST /quarantine/release", headers: ours, body: "id=H&form=\(token)")
        }
        #expect(noted.done.withLock { $0 } == ["revoke id1 local", "drop H a b local", "release H local"])
    }

    @Test("With a file of users everything but the door is shut; password and code open it; logging out shuts it")
    func logIn() async throws {
        let admins = try Admins()
        var access = AdminAccess(login: admins.login, isLocal: false, isTLS: true, names: ["127.0.0.1"])
        access.mayWatch = { _ in false }
        let noted = Noted(letters: [letter(1)])
        try await withPage(noted, access) { port in
            for path in ["/", "/links", "/quarantine", "/keys", "/refusals", "/health", "/none"] {
                let answer = try await ask(port, "GET \(path)")
                #expect(answer.hasPrefix("HTTP/1.1 303 ") && answer.contains("Location: /login"), "\(path)")
                #expect(!answer.contains("example.org"))
            }
            #expect(try await ask(port, "GET /metrics").hasPrefix("HTTP/1.1 403 "))
            #expect(try await ask(port, "GET /readyz").hasSuffix("{\"ready\":true}"))
            #expect(try await ask(port, "GET /healthz").hasPrefix("HTTP/1.1 200 "))
            #expect(try await ask(port, "GET /login").contains("one-time-code"))
            let wrong = try await ask(
                port, "POST /login", headers: ours, body: "name=alice&password=correct+horse&code=000000")
            #expect(wrong.hasPrefix("HTTP/1.1 403 ") && !wrong.contains("Set-Cookie"))
            #expect(!wrong.contains("correct horse"))
            let elsewhere = try await ask(
                port, "POST /login", headers: ["Sec-Fetch-Site: cross-site"],
                body: "name=alice&password=correct+horse&code=\(admins.code)")
            #expect(elsewhere.hasPrefix("HTTP/1.1 403 "))
            let right = try await ask(
                port, "POST /login", headers: ours, body: "name=alice&password=correct%20horse&code=\(admins.code)")
            #expect(right.hasPrefix("HTTP/1.1 303 "))
            let cookie = cut(right, after: "Set-Cookie: ", before: "\n")
            #expect(cookie.hasPrefix("__Host-letterlock-admin="))
            #expect(cookie.contains("; Path=/; HttpOnly; SameSite=Strict; Secure"))
            let pair = "Cookie: other=1; \(cookie.prefix { $0 != ";" })"
            let page = try await ask(port, "GET /links", headers: [pair])
            #expect(page.hasPrefix("HTTP/1.1 200 ") && page.contains("alice@example.org"))
            #expect(try await ask(port, "GET /metrics", headers: [pair]).hasPrefix("HTTP/1.1 200 "))
            #expect(try await ask(port, "GET /readyz", headers: [pair]).contains("gpg"))
            let token = cut(page, after: "name=\"form\" value=\"", before: "\"")
            // The form's token alone is no session.
            let without = try await ask(port, "POST /links/revoke", headers: ours, body: "id=id1&form=\(token)")
            #expect(without.contains("Location: /login"))
            _ = try await ask(port, "POST /links/revoke", headers: ours + [pair], body: "id=id1&form=\(token)")
            let out = try await ask(port, "POST /logout", headers: ours + [pair], body: "form=\(token)")
            #expect(out.contains("Max-Age=0"))
            #expect(try await ask(port, "GET /links", headers: [pair]).contains("Location: /login"))
        }
        #expect(noted.done.withLock { $0 } == ["revoke id1 alice"])
    }

    @Test("Health and metrics are for clients that name this listener: a name that leads here reads nothing")
    func names() async throws {
        try await withPage(Noted(), AdminAccess(login: nil, isLocal: true, isTLS: false, names: ["gate.example.org"])) {
            port in
            for path in ["/readyz", "/metrics", "/"] {
                for host in ["evil.example", "evil.example:\(port)", "127.0.0.1.evil.example", ""] {
                    let answer = try await ask(port, "GET \(path)", host: host)
                    #expect(answer.hasPrefix("HTTP/1.1 421 ") && !answer.contains("letterlock_"), "\(path) \(host)")
                    #expect(!answer.contains("gpg"))
                }
                for host in ["localhost", "LOCALHOST:\(port)", "127.0.0.1", "[::1]:1", "gate.example.org"] {
                    #expect(
                        try await ask(port, "GET \(path)", host: host).hasPrefix("HTTP/1.1 200 "), "\(path) \(host)")
                }
            }
            #expect(try await ask(port, "GET /healthz", host: "evil.example").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("Guesses rest with a word about it")
    func guesses() async throws {
        let admins = try Admins()
        try await withPage(
            Noted(), AdminAccess(login: admins.login, isLocal: true, isTLS: false, names: [])
        ) { port in
            for _ in 0..<5 {
                _ = try await ask(port, "POST /login", headers: ours, body: "name=alice&password=x&code=000000")
            }
            let answer = try await ask(
                port, "POST /login", headers: ours, body: "name=alice&password=correct+horse&code=\(admins.code)")
            #expect(answer.hasPrefix("HTTP/1.1 403 ") && answer.contains("Too many wrong tries"))
        }
    }

    @Test("Off loopback there is no page without password or TLS")
    func refusedStart() throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let login = try Admins().login
        for access in [
            AdminAccess(login: nil, isLocal: false, isTLS: true, names: []),
            AdminAccess(login: login, isLocal: false, isTLS: false, names: []),
        ] {
            #expect(throws: AdminError.self) { try AdminPage(operations: Noted(), access: access, logger: logger) }
        }
    }

    @Test("Sessions end when idle, when old, and are bounded")
    func sessions() throws {
        let clock = Mutex<Duration>(.zero)
        let start = ContinuousClock.now
        let sessions = Sessions(
            idle: .seconds(900), longest: .seconds(28_800), now: { start + clock.withLock { $0 } },
            random: { try? Randomness.bytes($0) })
        func pass(_ seconds: Int) { clock.withLock { $0 += .seconds(seconds) } }
        let first = try #require(sessions.begin("alice"))
        #expect(first.token.count == 32 && first.formToken != first.token)
        pass(899)
        #expect(sessions.find(first.token)?.who == "alice")
        pass(900)
        #expect(sessions.find(first.token) == nil)
        let second = try #require(sessions.begin("alice"))
        for _ in 0..<35 {
            pass(800)
            #expect(sessions.find(second.token) != nil)
        }
        pass(801)
        #expect(sessions.find(second.token) == nil, "eight hours have passed")
        let third = try #require(sessions.begin("alice"))
        for _ in 0..<600 {
            pass(1)
            _ = sessions.begin("flood")
        }
        #expect(sessions.find(third.token) == nil)
    }

    @Test("Addresses and texts from mail are shown, not obeyed")
    func escaping() async throws {
        let bad = "\"<script>alert(1)</script>\"@x.example"
        let turned = "user\u{202E}gpj.exe@x.example\u{2066}\u{200B}\u{0}\u{7F}"
        let refusal = RefusedMessage(
            id: "1", atSeconds: 1, sender: bad,
            recipients: [
                .init(
                    address: turned, verdict: .refuse, rules: ["'\"><img src=x>"], notes: ["a & b", "<i>"],
                    said: "</li>")
            ],
            answered: .init(
                isTemporary: false, reply: "550", said: "<svg/onload=1>", detail: "\u{2029}detail"))
        try await withPage(Noted(letters: [letter(1, to: bad), letter(2, to: turned)], refusals: [refusal]), local) {
            port in
            for path in ["/links", "/refusals"] {
                let page = try await ask(port, "GET \(path)")
                for hostile in [
                    "<script>alert", "<img", "<svg/onload", "<i>", "\u{202E}", "\u{2066}", "\u{200B}", "\u{2029}",
                ]
                where !(hostile == "<img" && path == "x") {
                    let shown = page.replacingOccurrences(of: "<img src=\"/assets/mark.svg\"", with: "")
                    #expect(!shown.contains(hostile), "\(path) \(hostile)")
                }
                #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "\(path)")
                #expect(page.contains("user[U+202E]gpj.exe@x.example[U+2066][U+200B][U+0][U+7F]"), "\(path)")
            }
        }
    }

    @Test("Long lists come in pages of fifty")
    func paging() async throws {
        try await withPage(Noted(letters: (1...120).map { letter($0) }), local) { port in
            let first = try await ask(port, "GET /links")
            #expect(first.contains("value=\"id50\"") && !first.contains("value=\"id51\""))
            #expect(first.contains("/links?show=all&amp;page=2") || first.contains("/links?show=all&page=2"))
            let last = try await ask(port, "GET /links?page=3")
            #expect(last.contains("value=\"id120\"") && !last.contains("value=\"id100\""))
            #expect(try await ask(port, "GET /links?page=99999999999999999999").contains("value=\"id1\""))
            #expect(try await ask(port, "GET /links?page=1000").contains("value=\"id120\""))
            #expect(try await ask(port, "GET /links?show=%3Cscript%3E").contains("value=\"id1\""))
        }
    }
}
