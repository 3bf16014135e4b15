// The program letterlock-extract of the build that the tests run in.

import Foundation

package enum BuiltExtractor {
    /// Its path; suites that want it depend on its target, so it is built.
    package static let program: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let beside = [CommandLine.arguments.first ?? ""].map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().path
        }
        let folders = beside + ["release", "debug"].map { "\(root.path)/.build/\($0)" }
        return folders.map { "\($0)/letterlock-extract" }.first { access($0, X_OK) == 0 }
            ?? "letterlock-extract is not built"
    }()
}
