// The work of letterlock-extract: a greeting, then one job after the other from standard input to standard output,
// until the input ends. A frame that cannot be read ends it: the two sides would no longer agree on what is a header.

package import ExtractionWire
import Glibc
import Mail

/// Reads jobs and answers them.
package struct WorkLoop {
    /// Largest attachment, in bytes.
    package static let bodyBytes = 1 << 30

    private let examiner: Examiner

    package init(_ examiner: Examiner) { self.examiner = examiner }

    /// Says whether there is going to be any work.
    package static func greet(_ greeting: ExtractionGreeting) { send(greeting) }

    /// Works until the input ends.
    package func run() {
        while let (job, bytes) = Self.receive() {
            Sandbox.limitCPU(seconds: job.limits.cpuSeconds)
            guard Self.send(examiner.examine(job, bytes)) else { return }
        }
    }

    private static func receive() -> (ExtractionJob, [UInt8])? {
        guard let prefix = read(ExtractionFrame.prefixBytes),
            let lengths = ExtractionFrame.lengths(
                prefix, headerBytes: ExtractionFrame.jobHeaderBytes, bodyBytes: bodyBytes),
            let json = read(lengths.header), let body = read(lengths.body),
            let job = ExtractionFrame.header(json, as: ExtractionJob.self)
        else { return nil }
        return (job, body)
    }

    @discardableResult
    private static func send(_ header: some Encodable) -> Bool {
        guard let frame = try? ExtractionFrame.opening(header, bodyBytes: 0) else { return false }
        var sent = 0
        while sent < frame.count {
            let count = frame.withUnsafeBytes { write(1, $0.baseAddress.map { $0 + sent }, $0.count - sent) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private static func read(_ count: Int) -> [UInt8]? {
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = Glibc.read(0, buffer.baseAddress.map { $0 + filled }, count - filled)
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    isWhole = false
                    return
                }
                filled += got
            }
        }
        return isWhole ? bytes : nil
    }
}
