// What the system knows of this process: CPU, memory, descriptors. Touches /proc/self; what cannot be read is left out.

import Foundation

/// The `process_…` numbers that every Prometheus client library gives.
package enum ProcessSamples {
    private static let startSeconds = Date().timeIntervalSince1970

    /// Call once at the start, so that the start is the start.
    package static func begin() { _ = startSeconds }

    /// The numbers as they are now.
    package static func now() -> [MetricSample] {
        var samples = [MetricSample("process_start_time_seconds", value: startSeconds.rounded())]
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            let rest = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
            samples.append(MetricSample("process_cpu_seconds_total", isTotal: true, value: seconds + rest))
        }
        if let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        {
            samples.append(
                MetricSample("process_resident_memory_bytes", value: Double(pages * Int(sysconf(Int32(_SC_PAGESIZE))))))
        }
        if let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            samples.append(MetricSample("process_open_fds", value: Double(names.count)))
        }
        return samples
    }
}
