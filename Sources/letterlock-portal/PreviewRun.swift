// `letterlock-portal preview`: asks the gateway's program beside this one for sample mails, then serves the preview.
// Without that program (the portal may stand on a machine of its own) the pages are shown and the menu says what is
// missing.

import Foundation
import Portal

/// The preview as a run of this program.
enum PreviewRun {
    /// Samples, or why there are none.
    /// - Parameter config: the settings file, as given.
    static func mails(config: String?) -> (mails: [PreviewMail], missing: String?) {
        let own = Bundle.main.executablePath ?? CommandLine.arguments.first ?? "letterlock-portal"
        let program = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("letterlock")
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            return ([], "The mails are not shown: there is no program \"\(program.path)\", which writes them.")
        }
        let process = Process()
        process.executableURL = program
        process.arguments = ["mails", "--json"] + (config.map { ["--config", $0] } ?? [])
        let output = Pipe()
        process.standardOutput = output
        do {
            try process.run()
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                return ([], "The mails are not shown: \"letterlock mails\" ended with \(process.terminationStatus).")
            }
            return (try JSONDecoder().decode([PreviewMail].self, from: data), nil)
        } catch {
            return ([], "The mails are not shown: \(error.localizedDescription)")
        }
    }
}
