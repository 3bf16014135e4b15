// A blocking TCP client for raw dialogues: what it sends is exactly what the test wrote.

import Foundation

package final class SocketClient {
    private let descriptor: Int32
    private var buffered: [UInt8] = []

    /// Connects to a loopback port.
    package init(port: Int, timeoutSeconds: Int = 30) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw SupportError("socket: \(errno)") }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            throw SupportError("connect to port \(port): \(errno)")
        }
    }

    deinit { Glibc.close(descriptor) }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SupportError("send: \(errno)") }
            sent += count
        }
    }

    /// The next line without CRLF; nil where the other side closed.
    package func line() throws -> String? {
        while true {
            if let end = buffered.firstIndex(of: 10) {
                let line = buffered[..<end].filter { $0 != 13 }
                buffered.removeSubrange(...end)
                return String(decoding: line, as: UTF8.self)
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count == 0 { return nil }
            guard count > 0 else { throw SupportError("recv: \(errno)") }
            buffered += chunk[..<count]
        }
    }

    /// The next octets, exactly so many; throws where the other side closes before.
    package func bytes(_ count: Int) throws -> [UInt8] {
        while buffered.count < count {
            var chunk = [UInt8](repeating: 0, count: 256 * 1024)
            let got = recv(descriptor, &chunk, chunk.count, 0)
            guard got > 0 else { throw SupportError("recv: closed or \(errno)") }
            buffered += chunk[..<got]
        }
        let taken = Array(buffered[..<count])
        buffered.removeSubrange(..<count)
        return taken
    }

    /// One whole reply (RFC 5321 section 4.2.1), its lines joined by LF.
    package func reply() throws -> String {
        var lines: [String] = []
        while let line = try line() {
            lines.append(line)
            if line.utf8.count < 4 || Array(line.utf8)[3] != UInt8(ascii: "-") { break }
        }
        return lines.joined(separator: "\n")
    }

    /// Sends a command and gives the reply.
    @discardableResult
    package func command(_ text: String) throws -> String {
        try send(text + "\r\n")
        return try reply()
    }

    /// One transaction from EHLO to the reply to the final dot, on a thread of its own: the tests' few cooperative
    /// threads also run the gateway.
    /// - Returns: the first reply that is no 2xx/3xx, else the last one.
    package static func submit(
        port: Int, from: String, to: [String], message: String, parameters: String = ""
    ) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        try blocking(port: port, from: from, to: to, message: message, parameters: parameters)
                    })
            }
        }
    }

    private static func blocking(
        port: Int, from: String, to: [String], message: String, parameters: String
    ) throws -> String {
        let client = try SocketClient(port: port)
        _ = try client.reply()
        var commands = ["EHLO client.example.org", "MAIL FROM:<\(from)>\(parameters)"]
        commands += to.map { "RCPT TO:<\($0)>" }
        commands.append("DATA")
        for command in commands {
            let reply = try client.command(command)
            guard reply.hasPrefix("2") || reply.hasPrefix("3") else { return reply }
        }
        let stuffed = message.replacingOccurrences(of: "\r\n.", with: "\r\n..")
        try client.send(
            (stuffed.hasPrefix(".") ? "." : "") + stuffed + (stuffed.hasSuffix("\r\n") ? "" : "\r\n") + ".\r\n")
        let reply = try client.reply()
        _ = try? client.command("QUIT")
        return reply
    }
}

/// Runs blocking work on a thread of its own: the tests' few cooperative threads also run what is tested.
package func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}
