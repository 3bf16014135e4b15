// The running gateway, asked for what it says of itself: /readyz knows what only the process can know, such as a reload
// that failed. Touches listen.admin.

import Foundation
import Mail
import NIOCore
import Settings
import SettingValues

extension SetupChecks {
    /// As /readyz writes it.
    private struct Report: Decodable {
        struct Line: Decodable {
            let name: String
            let state: String
            let detail: String?
        }
        let ready: Bool
        /// nil where strangers are told only whether.
        let checks: [Line]?
    }

    func gatewayFindings() async -> [Finding] {
        guard let address = settings.listen.admin else { return [] }
        let place = "the gateway at \"\(address)\" (listen.admin)"
        let answer: WebCall.Answer
        do {
            answer = try await WebCall(
                address: address, tls: settings.isAdminLocal ? .none : .unverified,
                host: settings.isAdminLocal ? "localhost" : settings.hostname, path: "/readyz", seconds: 15
            ).answer(group)
        } catch {
            return [
                .warn(
                    "gateway", "\(place) does not answer: \(Self.words(error))",
                    hint: "start it: systemctl start letterlock; see its log: journalctl -u letterlock")
            ]
        }
        guard let report = try? JSONDecoder().decode(Report.self, from: Data(answer.body.utf8)) else {
            return [
                .warn(
                    "gateway", "\(place): what answers there is no gateway (\(answer.status))",
                    hint: "see which program has the port: ss -ltnp")
            ]
        }
        let findings = (report.checks ?? []).compactMap(Self.finding)
        guard findings.isEmpty else { return findings }
        guard report.ready else {
            return [
                .fail("gateway", "\(place) runs and is not ready", hint: "see its log: journalctl -u letterlock")
            ]
        }
        return [.ok("gateway", "\(place) runs and is ready")]
    }

    private static func finding(_ line: Report.Line) -> Finding? {
        let what = "the running gateway says of \(line.name): \(line.detail ?? line.state)"
        let parts = what.split(separator: "\n").joined(separator: " ").components(separatedBy: "; hint: ")
        let hint = parts.count > 1 ? parts[1] : "see its log: journalctl -u letterlock"
        switch line.state {
        case "failed": return .fail("gateway", parts[0], hint: hint)
        case "degraded": return .warn("gateway", parts[0], hint: hint)
        default: return nil
        }
    }
}
