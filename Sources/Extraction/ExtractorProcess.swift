// One process of letterlock-extract: started, spoken to over a socket, killed with all its children. Blocking, with a
// deadline for every wait. What it says is untrusted. Touches processes and sockets of our own making only.

import ExtractionWire
import Glibc
import Mail
import POSIX

/// A running letterlock-extract, behind its walls.
struct ExtractorProcess: ~Copyable {
    /// Why there is no answer.
    enum Failure: Error, Equatable {
        /// It cannot be started now.
        case noProcess(String)
        /// It does not work on this machine.
        case refused(String)
        /// It ended, or said what makes no sense.
        case ended
        case tookTooLong
    }

    var id: pid_t { process.id }
    private let process: ChildProcess
    private let socket: Int32
    /// What it can do without and does not have.
    private(set) var lacks: [String] = []
    /// Jobs it has done.
    private(set) var jobs = 0

    private init(process: ChildProcess, socket: Int32) {
        self.process = process
        self.socket = socket
    }

    /// Starts one and waits for its greeting.
    static func start(
        program: String, memoryBytes: Int, deadline: ContinuousClock.Instant
    ) throws(Failure) -> ExtractorProcess {
        guard access(program, X_OK) == 0 else { throw .refused("\"\(program)\": \(SystemError().words)") }
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw .noProcess("no socket: \(SystemError().words)")
        }
        let command = ChildProcess.Command(program, ["--memory", "\(memoryBytes)"], leadsGroup: true)
        let started: ChildProcess
        do throws(SystemError) {
            started = try ChildProcess(command, .init(input: .descriptor(ends[1]), output: .descriptor(ends[1])))
        } catch {
            ends.forEach { close($0) }
            throw .noProcess("no process: \(error.words)")
        }
        // Kept open here, it would hide the end of a process that dies before it has said anything.
        close(ends[1])
        var process = ExtractorProcess(process: started, socket: ends[0])
        let greeting = try process.receive(ExtractionGreeting.self, headerBytes: 65_536, deadline)
        if let refusal = greeting.refusal { throw .refused(String(refusal.prefix(200))) }
        process.lacks = greeting.lacks
        return process
    }

    deinit {
        // It leads its group, and may start none of its own: everything it started dies with it.
        process.kill()
        _ = process.wait()
        close(socket)
    }

    /// Has one attachment looked into.
    mutating func examine(
        _ job: ExtractionJob, _ bytes: [UInt8], deadline: ContinuousClock.Instant
    ) throws(Failure) -> ExtractedPart {
        jobs += 1
        guard let opening = try? ExtractionFrame.opening(job, bodyBytes: bytes.count) else { throw .ended }
        try send(opening, deadline)
        try send(bytes, deadline)
        // In JSON a byte takes six at most.
        let longest = 65_536 + job.limits.textBytes * 6 + job.limits.files * 16_384
        let part = try receive(ExtractedPart.self, headerBytes: longest, deadline)
        guard part.texts.allSatisfy({ !$0.text.utf8.contains(0) }) else { throw .ended }
        return part
    }

    // MARK: Socket

    private func wait(for events: Int32, _ deadline: ContinuousClock.Instant) throws(Failure) {
        while true {
            let left = (deadline - .now).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            guard milliseconds > 0 else { throw .tookTooLong }
            var status = pollfd(fd: socket, events: Int16(events), revents: 0)
            let count = poll(&status, 1, Int32(clamping: milliseconds))
            if count > 0 { return }
            if count < 0, errno != EINTR { throw .ended }
        }
    }

    private func send(_ bytes: [UInt8], _ deadline: ContinuousClock.Instant) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            try wait(for: POLLOUT, deadline)
            let count = bytes.withUnsafeBytes { raw in
                Glibc.send(
                    socket, raw.baseAddress.map { $0 + sent }, raw.count - sent,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
            } else if errno != EAGAIN, errno != EINTR {
                throw .ended
            }
        }
    }

    private func receive<Header: Decodable>(
        _ type: Header.Type, headerBytes: Int, _ deadline: ContinuousClock.Instant
    ) throws(Failure) -> Header {
        let prefix = try receive(ExtractionFrame.prefixBytes, deadline)
        guard let lengths = ExtractionFrame.lengths(prefix, headerBytes: headerBytes, bodyBytes: 0),
            let header = ExtractionFrame.header(try receive(lengths.header, deadline), as: type)
        else { throw .ended }
        return header
    }

    private func receive(_ count: Int, _ deadline: ContinuousClock.Instant) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(count, 1 << 20))
        var piece = [UInt8](repeating: 0, count: min(65_536, max(1, count)))
        while bytes.count < count {
            try wait(for: POLLIN, deadline)
            let wanted = min(piece.count, count - bytes.count)
            let got = piece.withUnsafeMutableBytes { recv(socket, $0.baseAddress, wanted, Int32(MSG_DONTWAIT)) }
            if got > 0 {
                bytes.append(contentsOf: piece[..<got])
            } else if got == 0 || errno != EAGAIN && errno != EINTR {
                throw .ended
            }
        }
        return bytes
    }
}
