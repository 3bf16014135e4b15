// The admin listener over a real socket, and the sharing of checks.

import Admin
import Foundation
import Logging
import Mail
import ServiceLifecycle
import Support
import Synchronization
import Testing

/// Runs `body` beside an admin listener; gives its port.
private func withAdmin(
    _ checks: [HealthCheck], keepFor: Duration = .zero,
    _ body: @escaping @Sendable (Int, MetricsBook) async throws -> Void
) async throws {
    let book = MetricsBook()
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    guard let anywhere = HostPort("127.0.0.1:0") else { throw SupportError("address") }
    let server = AdminServer(
        address: anywhere, readiness: Readiness(checks, keepFor: keepFor), book: book, logger: logger
    ) { bound in
        if case .tcp(_, let port) = bound { continuation.yield(port) }
    }
    let services = ServiceGroup(configuration: ServiceGroupConfiguration(services: [server], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await services.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        let result: Result<Void, any Error>
        do { result = .success(try await body(port, book)) } catch { result = .failure(error) }
        await services.triggerGracefulShutdown()
        try await tasks.waitForAll()
        try result.get()
    }
}

/// The whole answer as text.
private func ask(_ port: Int, _ request: String) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(
                with: Result {
                    let client = try SocketClient(port: port)
                    try client.send("\(request) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    var lines: [String] = []
                    while let line = try client.line() { lines.append(line) }
                    return lines.joined(separator: "\n")
                })
        }
    }
}

@Suite struct AdminServerTests {
    @Test("Life, metrics, and nothing else")
    func paths() async throws {
        try await withAdmin([]) { port, book in
            book.sample { [MetricSample("letterlock_letters", value: 2)] }
            let health = try await ask(port, "GET /healthz")
            #expect(health.hasPrefix("HTTP/1.1 200 "))
            #expect(health.hasSuffix("\n\nok"))
            let metrics = try await ask(port, "GET /metrics")
            #expect(metrics.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8"))
            #expect(metrics.contains("\nletterlock_letters 2"))
            #expect(try await ask(port, "GET /metrics?x=y").hasPrefix("HTTP/1.1 200 "))
            #expect(try await ask(port, "GET /").hasPrefix("HTTP/1.1 404 "))
            #expect(try await ask(port, "GET /metrics/../healthz").hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test("Nothing can be sent here", arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
    func methods(method: String) async throws {
        try await withAdmin([]) { port, _ in
            let answer = try await ask(port, "\(method) /healthz")
            #expect(answer.hasPrefix("HTTP/1.1 405 "), "\(answer)")
            #expect(answer.contains("Allow: GET, HEAD"))
        }
    }

    @Test("HEAD has the fields and no body")
    func head() async throws {
        try await withAdmin([]) { port, _ in
            let answer = try await ask(port, "HEAD /healthz")
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            #expect(answer.contains("Content-Length: 3"))
            #expect(!answer.contains("ok"))
        }
    }

    @Test("Ready means that no check failed; degraded is ready")
    func readiness() async throws {
        let answer = Mutex(HealthCheck.Answer.ok)
        let checks = [HealthCheck("gpg") { answer.withLock { $0 } }, HealthCheck("keys") { .ok }]
        try await withAdmin(checks) { port, _ in
            var text = try await ask(port, "GET /readyz")
            #expect(text.hasPrefix("HTTP/1.1 200 "))
            answer.withLock { $0 = .degraded("reload failed: \"x\"") }
            text = try await ask(port, "GET /readyz")
            #expect(text.hasPrefix("HTTP/1.1 200 "))
            #expect(text.contains("\"state\" : \"degraded\""))
            #expect(text.contains("reload failed: \\\"x\\\""))
            answer.withLock { $0 = .failed("gone") }
            text = try await ask(port, "GET /readyz")
            #expect(text.hasPrefix("HTTP/1.1 503 "))
            #expect(text.contains("\"ready\" : false"))
            #expect(text.contains("Content-Type: application/json"))
        }
    }
}

@Suite struct ReadinessTests {
    @Test("However many ask, the parts are asked once in a while")
    func shared() async {
        let count = Mutex(0)
        let now = Mutex(ContinuousClock().now)
        let readiness = Readiness(
            [
                HealthCheck("x") {
                    count.withLock { $0 += 1 }
                    try? await Task.sleep(for: .milliseconds(50))
                    return .ok
                }
            ], keepFor: .seconds(5), now: { now.withLock { $0 } })
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { #expect(await readiness.report().ready) } }
        }
        #expect(count.withLock { $0 } == 1)
        now.withLock { $0 += .seconds(4) }
        _ = await readiness.report()
        #expect(count.withLock { $0 } == 1)
        now.withLock { $0 += .seconds(2) }
        _ = await readiness.report()
        #expect(count.withLock { $0 } == 2)
    }

    @Test("A check that hangs has failed; the others are told")
    func hanging() async {
        let readiness = Readiness(
            [
                HealthCheck("slow") {
                    try? await Task.sleep(for: .seconds(60))
                    return .ok
                }, HealthCheck("quick") { .ok },
            ], timeLimit: .milliseconds(100))
        let report = await readiness.report()
        #expect(!report.ready)
        #expect(report.checks.map(\.state) == ["failed", "ok"])
        #expect(report.checks.first?.detail?.hasPrefix("no answer within") == true)
    }
}
