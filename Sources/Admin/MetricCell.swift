// The numbers themselves: counters, gauges, histograms. Each is safe to change from any thread. Memory only.

import CoreMetrics
import Synchronization

/// What a metric is, as Prometheus calls it.
enum MetricKind: String { case counter, gauge, histogram }

/// One series.
protocol MetricCell: AnyObject, Sendable {
    static var kind: MetricKind { get }
    /// Its lines of the exposition.
    func lines(_ labels: LabelSet) -> [ExpositionLine]
}

/// A total.
final class CounterCell: MetricCell, CounterHandler {
    static let kind = MetricKind.counter
    private let total = Atomic<Int64>(0)

    /// Only upwards; at the largest number it stays.
    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        var now = total.load(ordering: .relaxed)
        while true {
            let (sum, overflow) = now.addingReportingOverflow(amount)
            let (done, seen) = total.compareExchange(
                expected: now, desired: overflow ? .max : sum, ordering: .relaxed)
            if done { return }
            now = seen
        }
    }

    func reset() { total.store(0, ordering: .relaxed) }

    func lines(_ labels: LabelSet) -> [ExpositionLine] {
        [ExpositionLine(suffix: "", labels: labels, value: Double(total.load(ordering: .relaxed)))]
    }
}

/// A number that goes up and down: a meter, or a recorder of last values.
final class GaugeCell: MetricCell, MeterHandler, RecorderHandler {
    static let kind = MetricKind.gauge
    private let value = Mutex<Double>(0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func lines(_ labels: LabelSet) -> [ExpositionLine] {
        [ExpositionLine(suffix: "", labels: labels, value: value.withLock { $0 })]
    }
}

/// How often which values came: a timer (in seconds), or a recorder that aggregates.
final class HistogramCell: MetricCell, TimerHandler, RecorderHandler {
    static let kind = MetricKind.histogram
    /// Upper bounds of the buckets of durations, in seconds: a gpg run takes milliseconds, an answer minutes at most.
    static let seconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
    ]
    /// Upper bounds of the buckets of sizes and counts.
    static let sizes: [Double] = [1, 2, 5, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]

    private struct Books {
        var counts: [Int64]
        var sum = 0.0
        var total: Int64 = 0
    }

    private let bounds: [Double]
    private let books: Mutex<Books>

    init(bounds: [Double]) {
        self.bounds = bounds
        books = Mutex(Books(counts: Array(repeating: 0, count: bounds.count)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func preferDisplayUnit(_ unit: TimeUnit) {}
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let index = bounds.firstIndex { value <= $0 }
        books.withLock { books in
            if let index { books.counts[index] &+= 1 }
            books.sum += value
            books.total &+= 1
        }
    }

    func lines(_ labels: LabelSet) -> [ExpositionLine] {
        let books = books.withLock { $0 }
        var lines: [ExpositionLine] = []
        var sofar: Int64 = 0
        for (bound, count) in zip(bounds, books.counts) {
            sofar &+= count
            lines.append(
                ExpositionLine(
                    suffix: "_bucket", labels: labels.adding("le", ExpositionLine.number(bound)), value: Double(sofar)))
        }
        lines.append(
            ExpositionLine(suffix: "_bucket", labels: labels.adding("le", "+Inf"), value: Double(books.total)))
        lines.append(ExpositionLine(suffix: "_sum", labels: labels, value: books.sum))
        lines.append(ExpositionLine(suffix: "_count", labels: labels, value: Double(books.total)))
        return lines
    }
}
