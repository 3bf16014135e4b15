// A small blocking client for loopback sockets: the demo plays the sender (SMTP) and the recipient's browser (HTTP)
// with it. Not for anything but 127.0.0.1.

import Glibc

/// One TCP connection to a loopback port.
final class LoopbackClient {
    private let descriptor: Int32
    private var buffered: [UInt8] = []

    /// - Throws: ``DemoError`` where nobody listens there.
    init(port: Int, timeoutSeconds: Int = 60) throws(DemoError) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw DemoError("opening a socket: errno \(errno)") }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(clamping: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw DemoError("connecting to 127.0.0.1:\(port): errno \(errno)") }
    }

    deinit { close(descriptor) }

    /// Writes everything.
    func send(_ bytes: [UInt8]) throws(DemoError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw DemoError("writing to a loopback socket: errno \(errno)") }
            sent += count
        }
    }

    /// All that comes until the other side closes.
    func readToEnd() throws(DemoError) -> [UInt8] {
        var all = buffered
        buffered = []
        while let more = try chunk() { all += more }
        return all
    }

    /// One whole SMTP reply, its lines joined by a space.
    func reply() throws(DemoError) -> String {
        var lines: [String] = []
        while true {
            let line = try line()
            lines.append(line)
            guard line.utf8.count > 3, Array(line.utf8)[3] == UInt8(ascii: "-") else {
                return lines.joined(separator: " ")
            }
        }
    }

    private func line() throws(DemoError) -> String {
        while true {
            if let end = buffered.firstIndex(of: 10) {
                let line = String(decoding: buffered[..<end].filter { $0 != 13 }, as: UTF8.self)
                buffered.removeSubrange(...end)
                return line
            }
            guard let more = try chunk() else { throw DemoError("the other side closed the connection") }
            buffered += more
        }
    }

    private func chunk() throws(DemoError) -> ArraySlice<UInt8>? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw DemoError("reading from a loopback socket: errno \(errno)") }
        return count == 0 ? nil : bytes[..<count]
    }
}

/// Something the demo needs did not work.
package struct DemoError: Error, CustomStringConvertible {
    /// What, in words.
    package let description: String
    init(_ text: String) { description = text }
}

extension LoopbackClient {
    /// A port that was free a moment ago: the portal's address stands in links before the portal can start.
    static func freePort() throws(DemoError) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
            }
        }
        guard result == 0 else { throw DemoError("finding a free port: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// One SMTP transaction.
    /// - Returns: the reply that decided it: the first refusal, else the one to the final dot.
    static func submit(port: Int, from: String, to: [String], message: String) throws(DemoError) -> String {
        let client = try LoopbackClient(port: port)
        _ = try client.reply()
        for command in ["EHLO mail.example.org", "MAIL FROM:<\(from)>"] + to.map({ "RCPT TO:<\($0)>" }) + ["DATA"] {
            try client.send(Array("\(command)\r\n".utf8))
            let reply = try client.reply()
            guard reply.hasPrefix("2") || reply.hasPrefix("3") else { return reply }
        }
        let lines = message.split(separator: "\r\n", omittingEmptySubsequences: false)
        let stuffed = lines.map { $0.hasPrefix(".") ? ".\($0)" : "\($0)" }.joined(separator: "\r\n")
        try client.send(Array("\(stuffed)\r\n.\r\nQUIT\r\n".utf8))
        return try client.reply()
    }

    /// One HTTP POST of JSON.
    /// - Returns: status code and body.
    static func post(port: Int, path: String, json: String) throws(DemoError) -> (status: Int, body: [UInt8]) {
        let client = try LoopbackClient(port: port)
        let body = Array(json.utf8)
        let head = [
            "POST \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Content-Type: application/json",
            "Content-Length: \(body.count)", "Connection: close", "", "",
        ].joined(separator: "\r\n")
        try client.send(Array(head.utf8) + body)
        let answer = try client.readToEnd()
        let separator = Array("\r\n\r\n".utf8)
        guard let end = answer.indices.first(where: { answer[$0...].starts(with: separator) }) else {
            throw DemoError("the portal's answer to \"\(path)\" is no HTTP")
        }
        let status = String(decoding: answer[..<end], as: UTF8.self).split(separator: " ").dropFirst().first
        return (status.flatMap { Int($0) } ?? 0, Array(answer[(end + 4)...]))
    }
}
