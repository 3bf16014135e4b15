// Health of a running gateway, from its own probes.

import Admin
import Gateway
import Synchronization

/// Whether the end has begun.
final class StopStatus: Sendable {
    let isStopping = Atomic(false)
}

extension Readiness {
    /// All that a message needs, and how the last reload went.
    init(of gateway: AssembledGateway, reload: ReloadStatus, stop: StopStatus) {
        var checks = [
            HealthCheck("service") {
                stop.isStopping.load(ordering: .relaxed) ? .failed("stopping") : .ok
            },
            HealthCheck("settings") { reload.problem.map { .degraded("reload failed: \($0)") } ?? .ok },
        ]
        for probe in gateway.probes {
            checks.append(
                HealthCheck(probe.name) {
                    if let problem = await probe.problem() {
                        return probe.isWarning ? .degraded(problem) : .failed(problem)
                    }
                    return await probe.warning?().map { .degraded($0) } ?? .ok
                })
        }
        self.init(checks)
    }
}
