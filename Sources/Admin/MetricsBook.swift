// All counters, gauges and timers of the process, behind swift-metrics, and their text for Prometheus.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4). Memory only; never fails:
// a label that does not fit its name's first use is counted nowhere.

package import CoreMetrics
import Synchronization

/// Keeps what is counted. Made once per process and given to `MetricsSystem.bootstrap`.
package final class MetricsBook: Sendable {
    /// Different sets of labels of one name; further ones are counted together, under labels "other". A label that a
    /// stranger could choose must not fill the memory.
    private static let seriesLimit = 200

    private struct Family {
        var kind: MetricKind
        var series: [LabelSet: any MetricCell] = [:]
    }

    private let families = Mutex<[String: Family]>([:])
    private let samplers = Mutex<[@Sendable () async -> [MetricSample]]>([])

    /// An empty book.
    package init() {}

    /// A book that counts for the whole process. Once per process, before anything is counted.
    package static func install() -> MetricsBook {
        let book = MetricsBook()
        MetricsSystem.bootstrap(book)
        return book
    }

    /// Adds numbers that are looked up at each scrape.
    package func sample(_ look: @escaping @Sendable () async -> [MetricSample]) {
        samplers.withLock { $0.append(look) }
    }

    /// The text of everything, by name.
    package func exposition() async -> String {
        var pages: [String: ExpositionPage] = families.withLock { families in
            families.mapValues { family in
                var page = ExpositionPage(kind: family.kind)
                for (labels, cell) in family.series { page.lines += cell.lines(labels) }
                return page
            }
        }
        for look in samplers.withLock({ $0 }) {
            for sample in await look() {
                let name = MetricName.name(sample.name)
                pages[name, default: ExpositionPage(kind: sample.isTotal ? .counter : .gauge)].lines
                    .append(ExpositionLine(suffix: "", labels: LabelSet(sample.labels), value: sample.value))
            }
        }
        return pages.sorted { $0.key < $1.key }.map { $0.value.text(name: $0.key) }.joined()
    }

    /// The cell of a name and labels: always the same one.
    /// - Returns: a cell outside the book where the name is in use for another kind.
    private func cell<Cell: MetricCell>(_ label: String, _ dimensions: [(String, String)], _ make: () -> Cell) -> Cell {
        let name = MetricName.name(label)
        let labels = LabelSet(dimensions)
        return families.withLock { families in
            var family = families[name] ?? Family(kind: Cell.kind)
            guard family.kind == Cell.kind else { return make() }
            let isFull = family.series[labels] == nil && family.series.count >= Self.seriesLimit
            let key = isFull ? labels.other : labels
            if let cell = family.series[key] as? Cell { return cell }
            let cell = make()
            family.series[key] = cell
            families[name] = family
            return cell
        }
    }
}

extension MetricsBook: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        cell(label, dimensions) { CounterCell() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        cell(label, dimensions) { GaugeCell() }
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        aggregate
            ? cell(label, dimensions) { HistogramCell(bounds: HistogramCell.sizes) } as any RecorderHandler
            : cell(label, dimensions) { GaugeCell() }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        cell(label, dimensions) { HistogramCell(bounds: HistogramCell.seconds) }
    }

    // Totals must not begin anew because an object that counted them is gone.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}

/// A number looked up at a scrape.
package struct MetricSample: Sendable {
    package let name: String
    package let labels: [(String, String)]
    /// True for a total that only grows.
    package let isTotal: Bool
    package let value: Double

    package init(_ name: String, labels: [(String, String)] = [], isTotal: Bool = false, value: Double) {
        self.name = name
        self.labels = labels
        self.isTotal = isTotal
        self.value = value
    }
}
