// The mechanisms, both sides: test vectors, agreement, refusals.

import Foundation
import Mail
import SASL
import Support
import Testing

@Suite struct MechanismTests {
    static let mechanisms = ["SCRAM-SHA-256", "PLAIN", "LOGIN"]

    @Test(arguments: mechanisms)
    func onlyAUsersOwnNameIsTold(mechanism: String) async throws {
        let desk = try Desk()
        func claimed(_ name: String) async throws -> String? {
            var client = try #require(
                ClientMechanism.best(of: [mechanism], user: name, password: Secret("open sesame?")))
            let exchange = try #require(desk.desk.begin(mechanism, clientAddress: "192.0.2.7"))
            var step = await exchange.step(client.initialResponse)
            while case .challenge(let challenge) = step {
                guard let answer = try? client.respond(to: challenge) else { break }
                step = await exchange.step(answer)
            }
            return exchange.user
        }
        #expect(try await claimed("Alice") == "alice")
        #expect(try await claimed("BOB@example.org") == "bob@example.org")
        #expect(try await claimed("my secret pass phrase") == nil)
    }

    /// RFC 7677 section 3.
    @Test func theExampleOfRFC7677() async throws {
        let salt = try #require(Data(base64Encoded: "W22ZaJ0SNY7soEsUEjb6gQ=="))
        let desk = try Desk(nonce: { "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0" })
        let verifier = try #require(ScramVerifier(password: Secret("pencil"), salt: [UInt8](salt), iterations: 4096))
        try UserFile.edit(desk.file, create: false) {
            $0.put(StoredUser(name: "user", verifier: verifier, maySendAs: DomainList([]))!)
        }
        var client = try #require(
            ClientMechanism.best(
                of: ["PLAIN", "scram-sha-256"], user: "user", password: Secret("pencil"), nonce: "rOprNGfwEbeRWgbNEkqO")
        )
        #expect(client.name == "SCRAM-SHA-256")
        #expect(text(client.initialResponse) == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
        let exchange = try #require(desk.desk.begin("Scram-Sha-256", clientAddress: "192.0.2.1"))
        guard case .challenge(let first) = await exchange.step(client.initialResponse) else {
            Issue.record("no challenge")
            return
        }
        #expect(
            text(first)
                == "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
        let proof = try client.respond(to: first)
        #expect(
            text(proof)
                == """
                c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=
                """
        )
        #expect(!client.isSatisfied)
        guard case .success(let login, let final) = await exchange.step(proof) else {
            Issue.record("no success")
            return
        }
        #expect(login.name == "user")
        #expect(text(final) == "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        #expect(try client.respond(to: final ?? []) == [])
        #expect(client.isSatisfied)
    }

    @Test(arguments: mechanisms) func theRightPasswordOnlyOpens(_ mechanism: String) async throws {
        let desk = try Desk()
        #expect(try await desk.login(mechanism, "alice", "open sesame").words == "alice")
        #expect(try await desk.login(mechanism, "ALICE", "open sesame").words == "alice")
        // "ä" composed and decomposed, a full-width letter: SASLprep makes them meet.
        #expect(
            try await desk.login(mechanism, "bob@example.org", "pa\u{308}sswörd, with = signs").words
                == "bob@example.org")
        #expect(try await desk.login(mechanism, "ａlice", "open sesame").words == "alice")
        #expect(try await desk.login(mechanism, "alice", "Open sesame").words == "wrong")
        #expect(try await desk.login(mechanism, "mallory", "open sesame").words == "wrong")
        if case .success(let login, _) = try await desk.login(mechanism, "alice", "open sesame") {
            #expect(login.maySendAs.contains(Mailbox("x@sales.example.org")!))
        }
    }

    /// Client and server agree for every name and password, and never for another password.
    @Test func clientAndServerAgree() async throws {
        var source = SystemRandomNumberGenerator()
        let alphabet = Array("aZ0 ,=:~#\\\"äßµé漢字🔑\u{301}")
        for round in 0..<25 {
            func word() -> String {
                String(
                    (0..<Int.random(in: 1...20, using: &source)).map { _ in alphabet.randomElement(using: &source)! })
            }
            let name = "u\(round)=\(word().filter { !", :#".contains($0) })"
            let password = "p" + word()
            let desk = try Desk([name: password], failures: 1000)
            for mechanism in Self.mechanisms {
                let step = try await desk.login(mechanism, name, password)
                guard case .success = step else {
                    Issue.record("\(mechanism) \(name) \(password): \(step)")
                    continue
                }
                #expect(try await desk.login(mechanism, name, password + "x").words == "wrong")
            }
        }
    }

    @Test(
        arguments: [
            "p=tls-server-end-point,,n=alice,r=0123456789", "n,,m=x,n=alice,r=0123456789", "n,,n=alice",
            "n,,n=al=ice,r=0123456789", "n,,n=alice,r=short", "x,,n=alice,r=0123456789", "",
            "n,alice,n=alice,r=0123456789",
            "n,,n=,r=0123456789", "n,,n=alice,r=0123\u{0}6789",
        ]) func aMalformedClientFirstIsRefused(_ message: String) async throws
    {
        let exchange = try #require(try Desk().desk.begin("SCRAM-SHA-256", clientAddress: ""))
        #expect(await exchange.step(Array(message.utf8)).words == "malformed")
    }

    @Test func anAlteredHeaderOrNonceIsRefused() async throws {
        let desk = try Desk()
        for (from, to) in [("c=biws", "c=eSws"), ("r=", "r=x"), ("c=biws", "c=biws,")] {
            var client = try #require(
                ClientMechanism.best(of: ["SCRAM-SHA-256"], user: "alice", password: Secret("open sesame")))
            let exchange = try #require(desk.desk.begin("SCRAM-SHA-256", clientAddress: ""))
            guard case .challenge(let first) = await exchange.step(client.initialResponse) else { continue }
            let final = text(try client.respond(to: first)).replacing(from, with: to, maxReplacements: 1)
            let words = await exchange.step(Array(final.utf8)).words
            #expect(words == "malformed" || words == "wrong")
        }
    }

    @Test func toActForSomebodyElseIsRefused() async throws {
        let desk = try Desk()
        for (authorisation, outcome) in [("", "alice"), ("Alice", "alice"), ("bob@example.org", "wrong")] {
            let exchange = try #require(desk.desk.begin("PLAIN", clientAddress: ""))
            #expect(await exchange.step(Array("\(authorisation)\0alice\0open sesame".utf8)).words == outcome)
        }
    }

    @Test(arguments: ["", "alice", "\0alice", "\0\0x", "\0alice\0", "\0a\0b\0c"]) func aMalformedPlainIsRefused(
        _ message: String
    ) async throws {
        let exchange = try #require(try Desk().desk.begin("PLAIN", clientAddress: ""))
        #expect(await exchange.step(Array(message.utf8)).words == "malformed")
    }

    @Test func withoutInitialResponseTheServerAsks() async throws {
        let desk = try Desk()
        let plain = try #require(desk.desk.begin("plain", clientAddress: ""))
        guard case .challenge([]) = await plain.step(nil) else {
            Issue.record("PLAIN must ask with an empty challenge")
            return
        }
        #expect(await plain.step(Array("\0alice\0open sesame".utf8)).words == "alice")
        let login = try #require(desk.desk.begin("login", clientAddress: ""))
        guard case .challenge(let first) = await login.step(nil) else { return }
        #expect(text(first) == "Username:")
        guard case .challenge(let second) = await login.step(Array("alice".utf8)) else { return }
        #expect(text(second) == "Password:")
        #expect(await login.step(Array("open sesame".utf8)).words == "alice")
        #expect(desk.desk.begin("CRAM-MD5", clientAddress: "") == nil)
    }

    @Test func aUserWhoDoesNotExistLooksLikeOneWhoDoes() async throws {
        let desk = try Desk()
        func first(_ name: String) async throws -> String {
            let exchange = try #require(desk.desk.begin("SCRAM-SHA-256", clientAddress: ""))
            guard case .challenge(let bytes) = await exchange.step(Array("n,,n=\(name),r=0123456789".utf8)) else {
                return ""
            }
            return text(bytes).split(separator: ",").dropFirst().joined(separator: ",")
        }
        let real = try await first("alice")
        let fake = try await first("nobody")
        #expect(fake == (try await first("Nobody")))
        #expect(fake != (try await first("nobody2")))
        #expect(real.count == fake.count)
        #expect(real.hasSuffix(",i=4096") && fake.hasSuffix(",i=4096"))
    }

    @Test func theClientTrustsNoFalseServer() throws {
        func client() throws -> ClientMechanism {
            try #require(
                ClientMechanism.best(
                    of: ["SCRAM-SHA-256"], user: "a,b=c", password: Secret("open sesame"), nonce: "0123456789"))
        }
        #expect(text(try client().initialResponse) == "n,,n=a=2Cb=3Dc,r=0123456789")
        for bad in ["", "r=0123456789,s=AAAA,i=4096", "r=xxxxxxxxxxxxx,s=AAAA,i=4096", "r=0123456789x,s=AAAA,i=-1"] {
            var client = try client()
            #expect(throws: ClientMechanism.Failure.malformed) { try client.respond(to: Array(bad.utf8)) }
        }
        var busy = try client()
        #expect(throws: ClientMechanism.Failure.tooManyIterations(2_000_000_000)) {
            try busy.respond(to: Array("r=0123456789x,s=AAAA,i=2000000000".utf8))
        }
        var cheated = try client()
        _ = try cheated.respond(to: Array("r=0123456789x,s=AAAA,i=4096".utf8))
        var denied = cheated
        #expect(throws: ClientMechanism.Failure.notTheServer) { try cheated.respond(to: Array("v=AAAA".utf8)) }
        #expect(throws: ClientMechanism.Failure.denied) { try denied.respond(to: Array("e=invalid-proof".utf8)) }
        #expect(!cheated.isSatisfied)
        #expect(ClientMechanism.best(of: ["CRAM-MD5"], user: "a", password: Secret("b")) == nil)
        #expect(ClientMechanism.best(of: ["LOGIN", "PLAIN"], user: "a", password: Secret("b"))?.name == "PLAIN")
    }

    private func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }
}
