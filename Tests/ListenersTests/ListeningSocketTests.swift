// Opening sockets: addresses that are taken, Unix sockets and their files.

import Glibc
import Listeners
import Mail
import NIOPosix
import SMTP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ListeningSocketTests {
    private func listener(_ address: HostPort) -> Listener<SMTPConversation> {
        Listener(
            configuration: ListenerConfiguration(address: address, hostname: "gate.example.org", limits: Limits()),
            handler: Recorder(), logger: quiet, group: MultiThreadedEventLoopGroup.singleton)
    }

    private func status(_ path: String) -> stat? {
        var result = stat()
        return lstat(path, &result) == 0 ? result : nil
    }

    /// A socket file that nobody listens on, as a killed process leaves it.
    private func leaveStaleSocket(_ path: String) {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(result == 0)
        close(descriptor)
    }

    @Test func thePortIsKnownOnceBound() async throws {
        try await withListener { address, _ in
            guard case .tcp("127.0.0.1", let port) = address else { return #expect(Bool(false)) }
            #expect(port > 0)
        }
        #expect(listener(.tcp(host: "127.0.0.1", port: 0)).boundAddress == nil)
    }

    @Test func anAddressThatIsTakenIsNamed() async throws {
        try await withListener { address, _ in
            let error = await #expect(throws: ListenError.self) { try await listener(address).bind() }
            #expect(error?.description.lowercased() == "listening on \"\(address)\": address already in use")
        }
    }

    @Test func anAddressThatIsNotOursIsNamed() async throws {
        let error = await #expect(throws: ListenError.self) {
            try await listener(.tcp(host: "192.0.2.1", port: 0)).bind()
        }
        #expect(error?.description.hasPrefix("listening on \"192.0.2.1:0\": ") == true)
    }

    @Test func aUnixSocketTakesMessages() async throws {
        try await withFolder { folder in
            let path = "\(folder)/socket"
            let recorder = Recorder()
            leaveStaleSocket(path)
            try await withListener(at: .unix(path: path), recorder) { address, _ in
                #expect(address == .unix(path: path))
                #expect(status(path).map { $0.st_mode & 0o777 } == 0o660)
                try await withClient(address) { client in
                    try await client.open()
                    #expect(try await client.ask("x\r\n.").hasPrefix("250"))
                }
            }
            #expect(recorder.messages.first?.origin.clientAddress == "")
            #expect(status(path) == nil)
        }
    }

    @Test func aFileOfAnotherKindIsLeftAlone() async throws {
        try await withFolder { folder in
            let path = "\(folder)/other"
            close(open(path, O_CREAT | O_WRONLY, 0o600))
            let error = await #expect(throws: ListenError.self) { try await listener(.unix(path: path)).bind() }
            #expect(error?.reason == "the file exists and is not a socket")
            #expect(status(path).map { $0.st_mode & S_IFMT } == S_IFREG)
        }
    }

    @Test func aSocketInUseIsLeftAlone() async throws {
        try await withFolder { folder in
            let path = "\(folder)/socket"
            try await withListener(at: .unix(path: path)) { address, _ in
                let error = await #expect(throws: ListenError.self) { try await listener(address).bind() }
                #expect(error?.reason == "another program listens on it")
                let greeting = try await withClient(address) { try await $0.reply() }
                #expect(greeting.hasPrefix("220"))
            }
        }
    }

    @Test func aFolderThatIsNotThereIsNamed() async throws {
        let error = await #expect(throws: ListenError.self) {
            try await listener(.unix(path: "/nonexistent/letterlock/socket")).bind()
        }
        #expect(error?.reason == "No such file or directory")
    }
}
