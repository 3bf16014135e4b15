// What a running gateway is asked at each scrape of its metrics.

import Admin
import Gateway
import Mail

extension MetricsBook {
    /// Adds what is looked up at each scrape.
    func sample(_ gateway: AssembledGateway) {
        sample { ProcessSamples.now() }
        sample { [MetricSample("letterlock_build_info", labels: [("version", Version.text)], value: 1)] }
        sample {
            await gateway.samples().map {
                MetricSample($0.name, labels: $0.labels, isTotal: $0.isTotal, value: $0.value)
            }
        }
    }
}
