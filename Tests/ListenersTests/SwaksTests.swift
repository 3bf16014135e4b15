// A client that others wrote: swaks with LMTP, STARTTLS, TLS, log-in, XCLIENT and PROXY.

import Listeners
import Mail
import SMTP
import Testing

@Suite(.timeLimit(.minutes(1)), .enabled(if: Program.exists("swaks"), "swaks is not installed"))
struct SwaksTests {
    /// Sends one message to bob and carol; what arrived, and what swaks said.
    private func sent(
        _ arguments: [String], configure: (inout ListenerConfiguration) -> Void
    ) async throws -> (origin: ReceivedMessage.Origin?, text: String) {
        let recorder = Recorder()
        var said = (code: -1, text: "")
        try await withListener(recorder, configure: configure) { address, _ in
            guard case .tcp(_, let port) = address else { return }
            said = try await Program.run(
                ["swaks", "--server", "127.0.0.1", "--port", "\(port)", "--from", "alice@example.org"]
                    + ["--to", "bob@example.net,carol@example.net", "--helo", "c.example", "--timeout", "20"]
                    + arguments)
        }
        #expect(said.code == 0, "\(said.text)")
        return (recorder.messages.first?.origin, said.text)
    }

    @Test func lmtp() async throws {
        let (origin, text) = try await sent(["--protocol", "LMTP"]) { $0.doorProtocol = .lmtp }
        #expect(origin?.protocolName == "LMTP" && origin?.door == .lmtp)
        #expect(text.split(separator: "\n").count { $0.contains("250 2.0.0 accepted as") } == 2)
    }

    @Test func tlsAndLogin() async throws {
        let identity = try TestIdentity()
        let login = ["--auth", "PLAIN", "--auth-user", "alice", "--auth-password", "secret"]
        let (started, _) = try await sent(["--tls"] + login) {
            $0.tls = .starttls(identity.files)
            $0.loginDesk = TestDesk()
            $0.requiresLogin = true
        }
        #expect(started?.protocolName == "ESMTPSA" && started?.user == "alice")
        let (implicit, _) = try await sent(["--tls-on-connect"] + login) {
            $0.tls = .implicit(identity.files)
            $0.loginDesk = TestDesk()
        }
        #expect(implicit?.protocolName == "ESMTPSA" && implicit?.user == "alice")
    }

    @Test func xclient() async throws {
        let (origin, _) = try await sent(["--xclient", "ADDR=198.51.100.7 NAME=spike.example LOGIN=carol"]) {
            $0.trustedPeers = PeerList(["127.0.0.1"])
        }
        #expect(origin?.clientAddress == "198.51.100.7" && origin?.user == "carol")
    }

    @Test func proxy() async throws {
        let header = [
            "--proxy-version", "2", "--proxy-family", "AF_INET", "--proxy-source", "198.51.100.7",
            "--proxy-source-port",
            "1111", "--proxy-dest", "198.51.100.8", "--proxy-dest-port", "25", "--proxy-protocol", "STREAM",
            "--proxy-command", "PROXY",
        ]
        let (origin, _) = try await sent(header) { $0.proxyPeers = PeerList(["127.0.0.1"]) }
        #expect(origin?.clientAddress == "198.51.100.7")
    }
}
