// The quarantine's key: by the code that seals to it.

import Foundation
import Gateway
import Mail
import OpenPGP
import Settings
import SettingValues

extension SetupChecks {
    /// Warned of so long before the key expires, in seconds.
    private static let soonSeconds: Int64 = 30 * 86_400

    func quarantineFindings() async -> [Finding] {
        guard let path = settings.quarantine.key else { return [] }
        do throws(Refusal) {
            let work = try WorkFolder()
            defer { work.remove() }
            let engine = try Engine(
                GPGSettings(program: settings.gpg.program, timeoutSeconds: settings.gpg.timeoutSeconds, workers: 1),
                homeFolder: "\(work.path)/gnupg")
            let now = nowSeconds
            let key = FileKey(
                path: path, engine: engine, nowSeconds: { now })
            let report = await key.report()
            await engine.shutdown()
            return [Self.finding(report, path, now)]
        } catch { return [.fail("quarantine", error.detail, hint: "see what is said of gpg above")] }
    }

    private static func finding(_ report: FileKey.Report, _ path: String, _ now: Int64) -> Finding {
        if let problem = report.problem {
            let what = report.fingerprint.isEmpty ? problem : "key \"\(path)\" cannot be sealed to: \(problem)"
            return .fail(
                "quarantine", what,
                hint:
                    "have the officer export the certificate (the public half) anew into that file; until then held "
                    + "mail is answered 451"
            )
        }
        if let end = report.expiresSeconds, end - now < soonSeconds {
            let day = Date(timeIntervalSince1970: TimeInterval(end)).formatted(.iso8601.year().month().day())
            return .warn(
                "quarantine", "key \"\(path)\" expires on \(day)",
                hint: "have the officer extend it (gpg --quick-set-expire) and export it anew")
        }
        return .ok("quarantine", "key \"\(path)\" (\(report.fingerprint)) can be sealed to")
    }
}
