// A minimal HTTP/1.1 client over a socket: one request per connection, the answer as it was on the wire.

import Foundation
import Testing

/// An answer.
struct Answer: Sendable, Equatable {
    let status: Int
    /// Header fields in order, names in lower case, without Date.
    let fields: [String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    func field(_ name: String) -> String? {
        fields.first { $0.hasPrefix("\(name.lowercased()): ") }.map { String($0.dropFirst(name.count + 2)) }
    }

    /// Of an object, the members that are single values.
    func json() throws -> [String: AnyHashable] {
        try #require(JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
            .compactMapValues { $0 as? AnyHashable }
    }

    /// A member that is a list of objects.
    func list(_ name: String) throws -> [[String: AnyHashable]] {
        let all = try #require(JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
        return try #require(all[name] as? [[String: AnyHashable]])
    }
}

enum RawHTTP {
    static func ask(
        port: Int, method: String, path: String, fields: [String: String] = [:], body: [UInt8] = []
    ) async throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
        if !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
        return try await parse(send(port: port, Array((head + "\r\n").utf8) + body))
    }

    /// Sends bytes and reads to the end, off the cooperative threads (the server runs on them).
    static func send(port: Int, _ bytes: [UInt8]) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try exchange(port: port, bytes) })
            }
        }
    }

    /// True if something listens there.
    static func isListening(port: Int) async -> Bool {
        (try? await send(port: port, Array("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)))
            != nil
    }

    private struct Failure: Error { let step: String }

    private static func exchange(port: Int, _ bytes: [UInt8]) throws -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(step: "socket") }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure(step: "connect") }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        var answer: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            guard count > 0 else { break }
            answer += piece[..<count]
        }
        return answer
    }

    static func parse(_ bytes: [UInt8]) throws -> Answer {
        let all = Data(bytes)
        let end = try #require(all.range(of: Data("\r\n\r\n".utf8)), "no header section in \(bytes.count) bytes")
        let lines = String(decoding: all[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let status = try #require(lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        let fields = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return line[..<colon].lowercased() + line[colon...]
        }
        return Answer(
            status: status, fields: fields.filter { !$0.hasPrefix("date:") }, body: [UInt8](all[end.upperBound...]))
    }
}
