// `letterlock demo`.

import ArgumentParser
import Demo
import Foundation
import Logging

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Show the main job on loopback, with throw-away keys and state.",
        discussion:
            "At a terminal it stays until Ctrl-C, so that the link can be opened in a browser; otherwise it opens the "
            + "link itself."
    )

    @Option(name: .long, help: "Folder of rules that judge.")
    var policy = "policy"

    func run() async throws {
        guard FileManager.default.fileExists(atPath: policy) else {
            throw Stop(
                .noInput,
                "reading \"\(policy)\": no such folder\n"
                    + "  hint: run it in the project's folder, or name one with --policy"
            )
        }
        let demo = DemoRun(
            policyFolder: policy, portalProgram: PortalProcess.program, staysOpen: isatty(STDOUT_FILENO) == 1,
            out: Console.out)
        var logger = Logger(label: "demo") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        do {
            try await demo.run(logger: logger)
        } catch {
            throw Stop(.unavailable, "demo: \(error)")
        }
    }
}
