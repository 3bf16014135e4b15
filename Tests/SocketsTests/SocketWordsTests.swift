// Errors of sockets in an administrator's words: from a real connection where one can be had.

import Glibc
import NIOCore
import NIOPosix
import Sockets
import Testing

struct SocketWordsTests {
    @Test(arguments: [
        (ECONNREFUSED, "nothing listens there"), (EPIPE, "the other side closed the connection"),
        (ENETUNREACH, "there is no way to that machine"), (ENOENT, "there is no such socket"),
        (EACCES, "it is not allowed"),
    ])
    func anErrorOfTheSystemIsSaidInWords(code: CInt, words: String) {
        #expect(SocketWords.of(IOError(errnoCode: code, reason: "connect")).hasPrefix(words))
    }

    @Test func aNameWithoutAddressIsNamed() {
        // An empty label: the resolver refuses it without asking anybody.
        let error = #expect(throws: SocketAddressError.UnknownHost.self) {
            try SocketAddress.makeAddressResolvingHost("mx..example", port: 25)
        }
        #expect(error.map { SocketWords.of($0) } == "the name \"mx..example\" is not found in the DNS")
    }

    @Test func aTimeoutSaysHowLong() {
        #expect(SocketWords.of(ChannelError.connectTimeout(.seconds(3))) == "no answer within 3 s")
    }

    @Test("Of a connection that was tried address by address, the first one's error is said")
    func connectingToAPortWithoutListener() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // A port that was free a moment ago.
        let listener = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        try await listener.close()
        do {
            let channel = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port).get()
            try await channel.close()
            Issue.record("something listens at port \(port)")
        } catch {
            #expect(SocketWords.ofConnecting(error).hasPrefix("nothing listens there"))
        }
        try await group.shutdownGracefully()
    }
}
