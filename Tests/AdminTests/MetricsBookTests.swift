// The text for Prometheus: names, types, escapes, bounds.

import Admin
import CoreMetrics
import Foundation
import Metrics
import Testing

@Suite struct MetricsBookTests {
    @Test("Counters, gauges and samples, by name and label")
    func text() async {
        let book = MetricsBook()
        let sealed = Counter(
            label: "letterlock_messages_total", dimensions: [("verdict", "seal"), ("method", "pgp")], factory: book)
        sealed.increment(by: 3)
        Counter(
            label: "letterlock_messages_total", dimensions: [("method", "none"), ("verdict", "pass")], factory: book
        ).increment()
        Gauge(label: "letterlock_bytes_in_flight", factory: book).record(1.5)
        Meter(label: "letterlock_bytes_in_flight", factory: book).increment(by: 2)
        book.sample { [MetricSample("letterlock_letters", labels: [("state", "readable")], value: 7)] }
        #expect(
            await book.exposition() == """
                # HELP letterlock_bytes_in_flight Bytes of all messages that are being received or handled.
                # TYPE letterlock_bytes_in_flight gauge
                letterlock_bytes_in_flight 3.5
                # HELP letterlock_letters Letters behind links, by state.
                # TYPE letterlock_letters gauge
                letterlock_letters{state="readable"} 7
                # HELP letterlock_messages_total Messages answered, by verdict and method.
                # TYPE letterlock_messages_total counter
                letterlock_messages_total{method="none",verdict="pass"} 1
                letterlock_messages_total{method="pgp",verdict="seal"} 3

                """)
    }

    @Test("A timer is a histogram in seconds whose buckets add up")
    func histogram() async {
        let book = MetricsBook()
        let timer = Timer(label: "letterlock_gpg_seconds", factory: book)
        for milliseconds in [1, 4, 4, 700_000] { timer.recordMilliseconds(milliseconds) }
        let lines = await book.exposition().split(separator: "\n").map(String.init)
        #expect(lines.contains("# TYPE letterlock_gpg_seconds histogram"))
        #expect(lines.contains("letterlock_gpg_seconds_bucket{le=\"0.001\"} 1"))
        #expect(lines.contains("letterlock_gpg_seconds_bucket{le=\"0.005\"} 3"))
        #expect(lines.contains("letterlock_gpg_seconds_bucket{le=\"600\"} 3"))
        #expect(lines.contains("letterlock_gpg_seconds_bucket{le=\"+Inf\"} 4"))
        #expect(lines.contains("letterlock_gpg_seconds_count 4"))
        #expect(lines.contains("letterlock_gpg_seconds_sum 700.009"))
        let buckets = lines.filter { $0.contains("_bucket") }
        #expect(buckets.last?.contains("+Inf") == true)
        #expect(buckets.count == 19)
    }

    @Test("What a stranger writes into a label stays inside it")
    func escapes() async {
        let book = MetricsBook()
        Counter(label: "bad name!", dimensions: [("la-bel", "a\"b\\c\nd{}"), ("la bel", "dropped")], factory: book)
            .increment()
        let text = await book.exposition()
        #expect(text.contains("bad_name_{la_bel=\"a\\\"b\\\\c\\nd{}\"} 1\n"))
        #expect(text.split(separator: "\n").count == 3)
    }

    @Test("A label with many values does not fill the memory, and nothing is lost")
    func bounded() async {
        let book = MetricsBook()
        for number in 0..<1000 {
            Counter(label: "x_total", dimensions: [("code", "\(number)")], factory: book).increment()
        }
        let lines = await book.exposition().split(separator: "\n").filter { $0.hasPrefix("x_total") }
        #expect(lines.count == 201)
        #expect(lines.contains("x_total{code=\"other\"} 800"))
    }

    @Test("One name of two kinds is counted as the first; the other is dropped, and nothing traps")
    func kinds() async {
        let book = MetricsBook()
        Counter(label: "x", factory: book).increment()
        Timer(label: "x", factory: book).recordSeconds(1)
        Gauge(label: "x", factory: book).record(5)
        #expect(await book.exposition() == "# HELP x x\n# TYPE x counter\nx 1\n")
    }

    @Test("Totals stay when the object that counted has gone, do not fall, and do not overflow")
    func totals() async {
        let book = MetricsBook()
        for _ in 0..<3 {
            let counter = Counter(label: "x_total", factory: book)
            counter.increment()
            counter.destroy()
        }
        #expect(await book.exposition().hasSuffix("x_total 3\n"))
        let counter = Counter(label: "x_total", factory: book)
        counter.increment(by: -5)
        #expect(await book.exposition().hasSuffix("x_total 3\n"))
        counter.increment(by: Int64.max)
        counter.increment(by: Int64.max)
        #expect(await book.exposition().hasSuffix("x_total \(Double(Int64.max))\n"))
    }

    @Test("Counting from many tasks loses nothing")
    func concurrent() async {
        let book = MetricsBook()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 { Counter(label: "x_total", dimensions: [("a", "b")], factory: book).increment() }
                }
            }
        }
        #expect(await book.exposition().contains("x_total{a=\"b\"} 8000\n"))
    }

    @Test("The process is described")
    func process() {
        let names = ProcessSamples.now().map(\.name)
        #expect(
            names == [
                "process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes",
                "process_open_fds",
            ])
        #expect(ProcessSamples.now().allSatisfy { $0.value > 0 })
    }
}
