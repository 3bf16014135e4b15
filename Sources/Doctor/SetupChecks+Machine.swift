// The machine around the gateway: clock, swap, core dumps. Touches /proc and timedatectl, reading.

import Foundation

extension SetupChecks {
    /// 2026-01-01: no clock that is right is before that.
    private static let earliestSeconds: Int64 = 1_767_225_600

    func machineFindings() async -> [Finding] {
        await clockFindings() + swapFindings() + coreFindings()
    }

    private func clockFindings() async -> [Finding] {
        let hint = "set the clock and keep it right: timedatectl set-ntp true"
        guard nowSeconds > Self.earliestSeconds else {
            return [.fail("clock", "it stands before 2026: keys and letters would not be valid", hint: hint)]
        }
        guard let program = Program.find("timedatectl"),
            let answer = await Program.run(program, ["show", "--property=NTPSynchronized", "--value"], seconds: 5)
        else { return [.ok("clock", "it looks right; whether it is kept right cannot be seen here")] }
        return answer.trimmingCharacters(in: .whitespacesAndNewlines) == "no"
            ? [.warn("clock", "nothing keeps it right", hint: hint)] : [.ok("clock", "it is kept right")]
    }

    private func swapFindings() -> [Finding] {
        guard let text = try? String(contentsOfFile: "/proc/swaps", encoding: .utf8) else { return [] }
        let areas = text.split(separator: "\n").dropFirst().compactMap { $0.split(separator: " ").first }
        let open = areas.filter { !$0.contains("/zram") && !$0.contains("/dm-") }
        guard let first = open.first else { return [.ok("swap", "no memory of ours is written to a disk")] }
        return [
            .warn(
                "swap", "\"\(first)\" may receive memory with mail in clear",
                hint: "run the gateway by packaging/systemd/letterlock.service (MemorySwapMax=0), or encrypt the swap")
        ]
    }

    private func coreFindings() -> [Finding] {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0, limit.rlim_cur > 0 else {
            return [.ok("core dumps", "none are written from here")]
        }
        return [
            .warn(
                "core dumps", "a crash of a program started from here may write its memory to a disk",
                hint: "run the gateway by packaging/systemd/letterlock.service (LimitCORE=0), or: ulimit -c 0")
        ]
    }
}
