// Our ends of a child's pipes, written and read at the same time: all of them may be full. Touches these descriptors.

import Glibc

/// What goes to a child and comes from it.
struct PipeExchange {
    /// -1 where there is none, or where it has been closed.
    var inputEnd: Int32 = -1
    var outputEnd: Int32 = -1
    var errorsEnd: Int32 = -1
    /// To be written.
    var input: [UInt8] = []
    private(set) var output: [UInt8] = []
    private(set) var errors: [UInt8] = []

    private let outputBytes: Int
    private let errorBytes: Int
    private var sent = 0

    init(outputBytes: Int?, errorBytes: Int?) {
        self.outputBytes = outputBytes ?? 0
        self.errorBytes = errorBytes ?? 0
    }

    /// False where there was more output than wanted.
    private(set) var isWhole = true

    /// Goes on until the child has closed its output and errors, or more has come than is wanted.
    /// - Returns: false where the time was over first.
    mutating func run(deadline: ContinuousClock.Instant?) -> Bool {
        for end in [inputEnd, outputEnd, errorsEnd] where end >= 0 { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        var piece = [UInt8](repeating: 0, count: 65_536)
        // Where nothing is read, what is written must still arrive.
        let reads = outputEnd >= 0 || errorsEnd >= 0
        while reads ? outputEnd >= 0 || errorsEnd >= 0 : inputEnd >= 0 {
            var waits = [
                pollfd(fd: inputEnd, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: outputEnd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errorsEnd, events: Int16(POLLIN), revents: 0),
            ]
            let found = poll(&waits, 3, Self.milliseconds(until: deadline))
            if found < 0, errno == EINTR { continue }
            if found < 0 { return true }
            if found == 0 {
                guard let deadline, ContinuousClock.now >= deadline else { continue }
                return false
            }
            if waits[0].revents != 0 { send() }
            if waits[1].revents != 0, Self.take(outputEnd, &piece, into: &output) { Self.close(&outputEnd) }
            if waits[2].revents != 0, Self.take(errorsEnd, &piece, into: &errors) { Self.close(&errorsEnd) }
            if errors.count > errorBytes { errors.removeFirst(errors.count - errorBytes) }
            guard output.count <= outputBytes else {
                output.removeLast(output.count - outputBytes)
                isWhole = false
                return true
            }
        }
        return true
    }

    /// Says that there is nothing more to be read.
    mutating func closeInput() { Self.close(&inputEnd) }

    /// Closes what is open.
    mutating func close() {
        Self.close(&inputEnd)
        Self.close(&outputEnd)
        Self.close(&errorsEnd)
    }

    private mutating func send() {
        let count = input.withUnsafeBytes { bytes in
            write(inputEnd, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
        }
        if count > 0 { sent += count }
        if sent == input.count || count < 0 && errno != EAGAIN && errno != EINTR { Self.close(&inputEnd) }
    }

    /// - Returns: true at the end.
    private static func take(_ end: Int32, _ piece: inout [UInt8], into bytes: inout [UInt8]) -> Bool {
        let count = piece.withUnsafeMutableBytes { Glibc.read(end, $0.baseAddress, $0.count) }
        if count < 0 { return errno != EAGAIN && errno != EINTR }
        bytes.append(contentsOf: piece[..<count])
        return count == 0
    }

    private static func close(_ end: inout Int32) {
        if end >= 0 { Glibc.close(end) }
        end = -1
    }

    private static func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let left = (deadline - .now).components
        return Int32(clamping: max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1))
    }
}
