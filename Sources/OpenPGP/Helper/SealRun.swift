// One encryption by a gpg that letterlock-seal has started: bytes go into its pipe and come out of another, 64 KiB at a
// time, and none is read into memory ahead of gpg. Success is END_ENCRYPTION, exit status 0 and everything taken, all
// three. Blocks until gpg has ended, so it belongs on a worker's queue. Touches the pipes and a channel.

import Glibc
import Mail
import POSIX
import SealWire

/// A gpg at work.
struct SealRun: ~Copyable {
    /// Why there is no ciphertext.
    enum Failure: Error {
        /// letterlock-seal has ended, or does not keep to what was agreed.
        case helperGone
        /// It could not start gpg.
        case notStarted(SystemError)
        /// gpg's own, or that of the bytes: for the log.
        case failed(String)
        /// Nobody wants the answer.
        case stopped
        /// Nobody wants it, and letterlock-seal did not say that gpg has ended although that was killed.
        case helperHangs
    }

    private static let chunkBytes = 65_536
    /// Less than this comes out of gpg before it ends without anybody reading: a pipe holds 64 KiB (pipe(7)).
    private static let quietBytes = 48 << 10
    /// Status lines of so many recipients, likewise.
    private static let quietRecipients = 100
    /// How long only the end is waited for; what takes longer is looked after, whatever its size.
    private static let quietMilliseconds: Int32 = 50
    /// Who stops a run has its gpg killed, and letterlock-seal then says so.
    private static let stopMilliseconds: Int32 = 1000
    /// Between two looks whether somebody still wants the answer.
    private static let lookMilliseconds: Int32 = 250

    /// Our ends; -1 where one has been closed.
    private var input: Int32
    private var output: Int32
    private var status: Int32
    private let theirs: [Int32]
    private let isStopped: () -> Bool
    private var said = GPGStatus()
    private var source = [UInt8](repeating: 0, count: SealRun.chunkBytes)
    /// What of it has been read and not yet written.
    private var pending = 0..<0
    private var buffer = [UInt8](repeating: 0, count: SealRun.chunkBytes)

    private init(isStopped: @escaping () -> Bool) throws(SystemError) {
        var made: [PipeEnds] = []
        do throws(SystemError) {
            for _ in 0..<3 { made.append(try PipeEnds()) }
        } catch {
            for pipe in made { [pipe.reading, pipe.writing].forEach { Glibc.close($0) } }
            throw error
        }
        (input, output, status) = (made[0].writing, made[1].reading, made[2].reading)
        theirs = [made[0].reading, made[1].writing, made[2].writing]
        self.isStopped = isStopped
        for end in [input, output, status] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    }

    deinit {
        for end in [input, output, status] where end >= 0 { Glibc.close(end) }
    }

    /// Has gpg encrypt.
    /// - Parameters:
    ///   - sink: is given what gpg writes; anything in it is worthless unless this returns.
    ///   - isStopped: asked now and then; true ends the run.
    /// - Throws: ``Failure``, or a ``Refusal`` of cause `storage` where bytes cannot be read or kept. The channel is of
    ///   no use then: closing it ends gpg.
    static func encrypt(
        _ plain: MessageBytes, _ request: SealRequest, over channel: SealChannel, into sink: DataSink,
        isStopped: @escaping () -> Bool
    ) throws {
        var run: SealRun
        do { run = try SealRun(isStopped: isStopped) } catch { throw Failure.failed("no pipe: \(error.words)") }
        var reader = plain.makeReader()
        // What the pipe holds is there before gpg asks for it.
        do {
            defer { for end in run.theirs { Glibc.close(end) } }
            try run.feed(&reader)
            do { try channel.socket.send(request.packet, files: run.theirs) } catch { throw Failure.helperGone }
        }
        let isQuiet =
            run.input < 0 && plain.count <= quietBytes && request.recipients.count <= quietRecipients
        let answer = try run.wait(channel.socket, &reader, sink, isQuiet: isQuiet)
        try run.conclude(answer, sink)
    }

    /// Feeds and drains until gpg has ended.
    private mutating func wait(
        _ channel: PacketSocket, _ reader: inout MessageBytes.Reader, _ sink: DataSink, isQuiet: Bool
    ) throws -> SealAnswer {
        var isQuiet = isQuiet
        while true {
            var waits = [pollfd(fd: channel.descriptor, events: Int16(POLLIN), revents: 0)]
            if !isQuiet {
                waits.append(pollfd(fd: output, events: Int16(POLLIN), revents: 0))
                waits.append(pollfd(fd: status, events: Int16(POLLIN), revents: 0))
                waits.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0))
            }
            let found = poll(&waits, nfds_t(waits.count), isQuiet ? Self.quietMilliseconds : Self.lookMilliseconds)
            if isStopped() { throw channel.waits(milliseconds: Self.stopMilliseconds) ? Failure.stopped : .helperHangs }
            if found <= 0 {
                isQuiet = false
                continue
            }
            if !isQuiet {
                try drain(sink)
                if waits[3].revents != 0 { try feed(&reader) }
            }
            guard waits[0].revents != 0 else { continue }
            guard let packet = (try? channel.receive(most: SealAnswer.packetBytes)) ?? nil,
                let answer = SealAnswer(packet.bytes)
            else { throw Failure.helperGone }
            return answer
        }
    }

    /// Writes as much as the pipe takes; closes it after the last byte.
    private mutating func feed(_ reader: inout MessageBytes.Reader) throws {
        while input >= 0 {
            if pending.isEmpty {
                let count = try source.withUnsafeMutableBytes { buffer in try reader.read(into: buffer) }
                pending = 0..<count
            }
            guard !pending.isEmpty else {
                Self.close(&input)
                return
            }
            let count = source.withUnsafeBytes { [pending] bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[pending])
                return write(input, rest.baseAddress, rest.count)
            }
            if count > 0 {
                pending = pending.lowerBound + count..<pending.upperBound
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                // gpg reads no more; how it ended says why. What it has not taken is never taken for sealed.
                Self.close(&input)
                return
            }
        }
    }

    /// Takes all that gpg has written so far.
    private mutating func drain(_ sink: DataSink) throws {
        while let count = try Self.take(from: &output, into: &buffer) {
            let failed = buffer.withUnsafeBytes { sink.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            guard failed == 0 else { throw sink.failure ?? Failure.stopped as any Error }
        }
        while let count = try Self.take(from: &status, into: &buffer) { said.take(buffer[..<count]) }
    }

    /// The next bytes of a pipe in the buffer; nil where there are none now. The pipe is closed at its end.
    private static func take(from end: inout Int32, into buffer: inout [UInt8]) throws -> Int? {
        while end >= 0 {
            let count = buffer.withUnsafeMutableBytes { read(end, $0.baseAddress, $0.count) }
            if count > 0 { return count }
            if count == 0 { close(&end) } else if errno == EAGAIN { return nil }
            guard count == 0 || errno == EINTR else {
                throw Failure.failed("reading from gpg: \(SystemError().words)")
            }
        }
        return nil
    }

    private static func close(_ end: inout Int32) {
        Glibc.close(end)
        end = -1
    }

    /// gpg has ended: what it wrote lies in the pipes.
    private mutating func conclude(_ answer: SealAnswer, _ sink: DataSink) throws {
        try drain(sink)
        switch answer {
        case .notStarted(let error): throw Failure.notStarted(SystemError(error))
        case .ended(let raw):
            let status = ExitStatus(raw)
            if let reason = said.invalidRecipient {
                throw Failure.failed("encrypting to a certificate: gpg's reason \(reason); \(said.lastWords)")
            }
            if let signal = status.signal { throw Failure.failed("gpg was ended by signal \(signal)") }
            guard status.isSuccess else {
                throw Failure.failed("gpg ended with status \(status.code): \(said.lastWords)")
            }
            guard said.isEncrypted, input < 0, pending.isEmpty else {
                throw Failure.failed("gpg ended before it had encrypted everything: \(said.lastWords)")
            }
        }
    }
}
