// Runs and findings as text and as JUnit XML. JSON comes of the values being Encodable.

package import Mail

extension CaseRun {
    /// A line per failed case with its place, then the count.
    package var text: String {
        var lines: [String] = []
        for result in results where !result.passed {
            lines.append("FAIL \(result.file):\(result.line): \(result.name)")
            lines += result.failures.map { "     \($0)" }
        }
        lines.append("\(passed) passed, \(failed) failed")
        return lines.joined(separator: "\n")
    }

    /// The Test Anything Protocol, version 14.
    package var tap: String {
        var lines = ["TAP version 14", "1..\(results.count)"]
        for (index, result) in results.enumerated() {
            let name = result.name.replacing("\\", with: "\\\\").replacing("#", with: "\\#").replacing("\n", with: " ")
            lines.append("\(result.passed ? "ok" : "not ok") \(index + 1) - \(name)")
            guard !result.passed else { continue }
            lines += ["  ---", "  at: \(result.file):\(result.line)", "  message: |"]
            lines += result.failures.flatMap { $0.split(separator: "\n").map { "    \($0)" } }
            lines.append("  ...")
        }
        return lines.joined(separator: "\n")
    }

    /// JUnit XML: a suite per file.
    package var junit: String {
        var out =
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites tests="\(results.count)" failures="\(failed)">

            """
        var files: [String] = []
        for result in results where !files.contains(result.file) { files.append(result.file) }
        for file in files {
            let own = results.filter { $0.file == file }
            out +=
                """
                  <testsuite name="\(Self.escape(file))" tests="\(own.count)" failures="\(own.count { !$0.passed })">

                """
            for result in own {
                let head = "    <testcase classname=\"\(Self.escape(file))\" name=\"\(Self.escape(result.name))\""
                if result.passed {
                    out += "\(head)/>\n"
                } else {
                    let text = Self.escape(result.failures.joined(separator: "\n"))
                    out +=
                        "\(head)>\n      <failure message=\"line \(result.line)\">\(text)</failure>\n    </testcase>\n"
                }
            }
            out += "  </testsuite>\n"
        }
        return out + "</testsuites>"
    }

    private static func escape(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            // XML 1.0 has no other control characters.
            case let control where control.value < 32 && !"\n\t".unicodeScalars.contains(control): out += "?"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

/// A finding as JSON.
package struct Finding: Sendable, Encodable {
    package let severity: String
    /// A stable name of what was found; `invalid` and `doubtful` where it has none of its own.
    package let code: String
    package let file: String
    package let line: Int
    package let column: Int
    package let message: String
    package let hint: String?

    package init(_ diagnostic: Diagnostic) {
        severity = diagnostic.severity.rawValue
        code = diagnostic.code ?? (diagnostic.severity == .error ? "invalid" : "doubtful")
        file = diagnostic.file
        line = diagnostic.line
        column = diagnostic.column
        message = diagnostic.message
        hint = diagnostic.hint
    }
}
