// Check and test in one go, with nothing shown but what fails: for `letterlock policy watch`.

package import Extraction
import Foundation
import Gateway
import Mail

/// What one look at a policy folder found.
package struct PolicyRun: Sendable {
    /// Findings and failed cases, then the count.
    package let text: String
    /// True where there is no error and every case passed.
    package let passed: Bool

    /// Checks the rules and cases of a folder and runs the cases; invariants are for `policy test`.
    /// - Parameter extraction: looks into attachments; nil: nobody does.
    package init(folder: String, surroundings: CaseSurroundings, extraction: ExtractionPool? = nil) async {
        let loaded = PolicyFolder.load(folder, surroundings: surroundings.surroundings)
        let cases = CaseFolder(policyFolder: folder, fallback: surroundings)
        let findings = loaded.diagnostics + cases.diagnostics
        var lines = findings.map(\.description)
        let errors = findings.count { $0.severity == .error }
        if errors > 0 {
            passed = false
            lines.append("\(Counted.of(errors, "error")); the cases were not run")
        } else if cases.cases.isEmpty {
            passed = true
            lines.append("\(Counted.of(loaded.rulesCount, "rule")), no errors, no cases")
        } else if let files = try? PolicyFolder.files(in: folder),
            let prepared = await PreparedCases(cases.cases, files: files, extraction: extraction)
        {
            let run = await CaseRunner.run(prepared)
            passed = run.failed == 0
            lines.append(run.text)
        } else {
            passed = false
            lines.append("the rules cannot be used")
        }
        text = lines.joined(separator: "\n")
    }
}

/// What the files of a folder look like from outside: equal as long as nothing was saved.
package struct FolderPrint: Sendable, Equatable {
    private let files: [String: [Int]]

    /// Every file below the folder, hidden ones left out (editors keep their own there).
    package init(_ folder: String) {
        var files: [String: [Int]] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: folder) ?? .init() {
            guard !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else { continue }
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            files[name] = [
                Int(status.st_mtim.tv_sec), status.st_mtim.tv_nsec, Int(status.st_size), Int(status.st_ino),
            ]
        }
        self.files = files
    }
}
