// What is demanded of hourly counts.

import Mail
import Testing
import Vault

/// Counts are added up by hour and kind; old hours go.
package struct CountersContract: Sendable {
    /// All that is demanded.
    package static let behaviours = [
        Behaviour("Counters: countsAddUp", Self.init) { try await $0.countsAddUp() },
        Behaviour("Counters: oldHoursGo", Self.init) { try await $0.oldHoursGo() },
    ]

    let ledger: any GatewayVault

    init(_ place: any VaultPlace) async throws { ledger = try await place.gateway() }

    func countsAddUp() async throws {
        try await ledger.addFlow([], nowHour: 500)
        try await ledger.addFlow([FlowCount(hour: 500, kind: "seal", count: 2)], nowHour: 500)
        try await ledger.addFlow(
            [FlowCount(hour: 500, kind: "seal", count: 3), FlowCount(hour: 500, kind: "pass", count: 1)], nowHour: 500)
        #expect(
            try await ledger.flow(sinceHour: 500) == [
                FlowCount(hour: 500, kind: "pass", count: 1), FlowCount(hour: 500, kind: "seal", count: 5),
            ])
        #expect(try await ledger.flow(sinceHour: 501).isEmpty)
    }

    func oldHoursGo() async throws {
        for hour in [500, 501] as [Int64] {
            try await ledger.addFlow([FlowCount(hour: hour, kind: "seal", count: 1)], nowHour: hour)
        }
        let now = 501 + FlowCount.keepHours
        try await ledger.addFlow([FlowCount(hour: now, kind: "seal", count: 1)], nowHour: now)
        #expect(try await ledger.flow(sinceHour: 0).map(\.hour) == [501, now])
    }
}
