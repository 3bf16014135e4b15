// Reads a folder of rules: the `*.yaml` files directly in it, in name order, and behind them the `*.txt` files, which
// are lists of words that rules may name. The only reading of policy files for the
// gateway; Policy itself takes text.

import Foundation
package import Mail
package import Policy
import PolicyAnalysis
import PolicyLanguage

/// A folder of rules on disk.
package enum PolicyFolder {
    /// Largest list of words that is read; a larger file is as if it were not there.
    private static let longestWordsBytes = 16 * 1024 * 1024

    /// The files of a folder, in name order, lists of words last. Hidden files and sub-folders (`tests/`) are not
    /// rules.
    /// - Throws: a ``Diagnostic`` where the folder or a file cannot be read or holds no rules.
    package static func files(in folder: String) throws(Diagnostic) -> [PolicyFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw Diagnostic(
                file: folder, message: "reading the policy folder: it is missing or not readable",
                hint: "set `policy` in the settings to the folder that holds your *.yaml rules")
        }
        var files: [PolicyFile] = []
        for name in names.sorted() where !name.hasPrefix(".") && (name.hasSuffix(".yaml") || name.hasSuffix(".yml")) {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            guard !name.hasSuffix(".yml") else {
                throw Diagnostic(
                    file: path, message: "rules are read from *.yaml only",
                    hint: "rename it to \"\(name.dropLast(4)).yaml\"")
            }
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Diagnostic(file: path, message: "the file cannot be read", hint: "check its permissions")
            }
            guard let text = String(validating: data, as: UTF8.self) else {
                throw Diagnostic(file: path, message: "the file is not UTF-8 text", hint: "save it as UTF-8")
            }
            files.append(PolicyFile(name: path, text: text))
        }
        guard !files.isEmpty else {
            throw Diagnostic(
                file: folder, message: "no rules: the folder holds no *.yaml file",
                hint: "a gateway without rules would protect nothing; `policy/` of the project is a starting point")
        }
        return files + wordFiles(names, in: folder)
    }

    /// Texts for `words-file`. One that is no UTF-8 is left out: it is a mistake only where a rule names it, and is
    /// said there.
    private static func wordFiles(_ names: [String], in folder: String) -> [PolicyFile] {
        names.sorted().filter { !$0.hasPrefix(".") && $0.hasSuffix(".txt") }.compactMap { name in
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            guard let bytes = attributes?[.size] as? Int, bytes <= longestWordsBytes,
                let data = FileManager.default.contents(atPath: path),
                let text = String(validating: data, as: UTF8.self)
            else { return nil }
            return PolicyFile(name: path, text: text)
        }
    }

    /// What loading a folder gave.
    package struct Loaded: Sendable {
        /// The rules, or nil where there is any error.
        package let ruleset: Ruleset?
        /// Everything that was found wrong.
        package let diagnostics: [Diagnostic]
        /// What is to be said of the dates of watching rules at a moment.
        package func dateFindings(nowSeconds: Int64) -> [Diagnostic] {
            ruleset.map { WatchDates.findings($0, nowSeconds: nowSeconds) } ?? []
        }
        /// Number of rules.
        package var rulesCount: Int { ruleset?.rules.count ?? 0 }
    }

    /// The ruleset of a folder with everything that was found wrong.
    package static func load(_ folder: String, surroundings: Surroundings) -> Loaded {
        load(folder) { Ruleset.load(files: $0, surroundings: surroundings) }
    }

    /// As ``load(_:surroundings:)``, with all that can be said of the rules together.
    /// - Parameter nowSeconds: the time of the check, in seconds since 1970.
    package static func check(_ folder: String, surroundings: Surroundings, nowSeconds: Int64) -> Loaded {
        load(folder) { Ruleset.check(files: $0, surroundings: surroundings, nowSeconds: nowSeconds) }
    }

    private static func load(_ folder: String, _ read: ([PolicyFile]) -> RulesetResult) -> Loaded {
        do throws(Diagnostic) {
            let result = read(try files(in: folder))
            return Loaded(ruleset: result.ruleset, diagnostics: result.diagnostics)
        } catch {
            return Loaded(ruleset: nil, diagnostics: [error])
        }
    }
}
