// Headers of every answer, also of errors, and what goes to the log.

import Cryptography
import Foundation
import Links
import Mail
import Testing

@Suite(.serialized) struct HeaderTests {
    private static let paths: [(method: String, path: String, status: Int)] = [
        ("GET", "/", 200), ("HEAD", "/", 200), ("GET", "/l/AAAAAAAAAAAAAAAAAAAAAA", 200), ("GET", "/l/x", 200),
        ("GET", "/frame", 200), ("GET", "/assets/portal.js", 200), ("GET", "/assets/seal.svg", 200),
        ("GET", "/assets/none", 404), ("GET", "/assets/..%2f..%2fetc%2fpasswd", 404), ("GET", "/nowhere", 404),
        ("GET", "/healthz", 200), ("HEAD", "/healthz", 200), ("POST", "/nowhere", 404), ("POST", "/l/x", 404),
        ("POST", "/api/letters/AAAAAAAAAAAAAAAAAAAAAA/open", 415), ("DELETE", "/api", 404),
    ]

    @Test func everyAnswerIsGuarded() async throws {
        try await RunningPortal.with { portal in
            for (method, path, status) in Self.paths {
                let answer = try await RawHTTP.ask(port: portal.port, method: method, path: path)
                #expect(answer.status == status, "\(method) \(path)")
                try check(answer, method, path)
            }
        }
    }

    private func check(_ answer: Answer, _ method: String, _ path: String) throws {
        let wanted = [
            "cache-control": "no-store, no-transform", "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
            "cross-origin-embedder-policy": "require-corp",
        ]
        for (name, value) in wanted { #expect(answer.field(name) == value, "\(method) \(path): \(name)") }
        #expect(answer.field("permissions-policy")?.contains("camera=()") == true)
        #expect(answer.field("server") == nil && answer.field("set-cookie") == nil)
        #expect(answer.field("strict-transport-security") == nil, "plain http, and no public https address")
        let policy = try #require(answer.field("content-security-policy"), "\(method) \(path)")
        #expect(policy.hasPrefix("default-src 'none'") && policy.contains("base-uri 'none'"))
        #expect(policy.contains("form-action 'none'"))
        #expect(policy.contains("'unsafe-inline'") == (path == "/frame"))
        #expect(!policy.contains("unsafe-eval") && !policy.contains("http") && !policy.contains("*"))
        if method == "HEAD" { #expect(answer.body.isEmpty) }
    }

    @Test func thePoliciesAreTheseExactly() async throws {
        try await RunningPortal.with { portal in
            let page = try await portal.get("/l/AAAAAAAAAAAAAAAAAAAAAA").field("content-security-policy")
            let map = try #require(page?.firstMatch(of: /'sha256-[A-Za-z0-9+\/]{43}='/)).output
            #expect(
                page == "default-src 'none'; script-src 'self' \(map); style-src 'self'; img-src 'self' data: blob:; "
                    + "connect-src 'self'; frame-src 'self'; form-action 'none'; "
                    + "base-uri 'none'; frame-ancestors 'none'; "
                    + "require-trusted-types-for 'script'; trusted-types letterlock")
            let frame = try await portal.get("/frame").field("content-security-policy")
            #expect(
                frame == "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'self'; "
                    + "base-uri 'none'; form-action 'none'")
        }
    }

    @Test func theLogNamesRoutesOnly() async throws {
        try await RunningPortal.with { portal in
            let locked = try await portal.letter("a canary in the letter")
            let proof = Base64URL.encode(locked.opener.proof.auth)
            _ = try await portal.get("/l/\(locked.id)?canary", ["User-Agent": "canary", "Referer": "canary"])
            for body in [locked.proof, locked.wrongProof, "{canary"] {
                _ = try await portal.post("\(locked.path)/open", body)
                _ = try await portal.post("\(locked.path)/chunks/0", body)
            }
            _ = try await portal.get("/canary/\(locked.id)")
            _ = try await RawHTTP.ask(port: portal.port, method: "CANARY", path: "/\(proof)")
            let lines = portal.log.all
            #expect(lines.contains { $0.contains("/api/letters/{id}/open") || $0.contains("/api/letters/:id/open") })
            for secret in [
                locked.id, proof, Base64URL.encode(locked.opener.proof.link), locked.secrets.linkSecret.revealed,
                locked.secrets.password.revealed,
            ] {
                #expect(!lines.contains { $0.contains(secret) })
            }
            #expect(!lines.contains { $0.lowercased().contains("canary") })
        }
    }

    @Test func brokenRequestsEndTheirConnectionOnly() async throws {
        let requests = [
            "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "BREW / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n",
            "POST /api/letters/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "\u{16}\u{3}\u{1}\u{0}\r\n\r\n",
        ]
        try await RunningPortal.with { portal in
            for request in requests {
                let answer = try await RawHTTP.send(port: portal.port, Array(request.utf8))
                let text = String(decoding: answer, as: UTF8.self)
                #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 4"), "\(request.prefix(40))")
                #expect(try await portal.get("/healthz").text == "ok\n")
            }
        }
    }
}
