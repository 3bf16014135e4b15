// Reads a folder of rules: the `*.yaml` files directly in it, in name order. The only reading of policy files for the
// gateway; Policy itself takes text.

import Foundation
package import Mail
package import Policy

/// A folder of rules on disk.
package enum PolicyFolder {
    /// The files of a folder, in name order. Hidden files and sub-folders (`tests/`) are not rules.
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
        return files
    }

    /// What loading a folder gave.
    package struct Loaded: Sendable {
        /// The rules, or nil where there is any error.
        package let ruleset: Ruleset?
        /// Everything that was found wrong.
        package let diagnostics: [Diagnostic]
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
