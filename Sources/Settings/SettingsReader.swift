// Walks the YAML nodes of the settings file, and the environment, along the table of settings. Gathers every error
// with its place instead of stopping at the first. Touches nothing: text in, values and diagnostics out.

import Mail
import SettingValues
import Yams

/// One load of the settings.
struct SettingsReader {
    /// Where a value came from.
    struct Place {
        var file: String
        var line = 0
        var column = 0
    }

    var settings = LetterlockSettings()
    private(set) var errors: [Diagnostic] = []
    private(set) var warnings: [Diagnostic] = []
    /// Places of the keys that were set, for errors found later.
    private var places: [String: Place] = [:]
    /// Keys whose values could not be read: nothing is concluded from what stands there instead.
    private var broken: Set<String> = []

    /// Variables with the prefix that are read elsewhere: by the tests and by the command line.
    private static let otherVariables: Set<String> = ["LETTERLOCK_CONFIG", "LETTERLOCK_BIN", "LETTERLOCK_ARTIFACTS"]
    private static let prefix = "LETTERLOCK_"

    // MARK: File

    /// Reads the text of a settings file.
    /// - Parameters:
    ///   - name: the file as the user named it.
    ///   - folder: where its relative paths start.
    mutating func read(text: String, name: String, folder: String) {
        var roots: [Node] = []
        do {
            let parser = try Yams.Parser(yaml: text)
            while let root = try parser.nextRoot() { roots.append(root) }
        } catch {
            errors.append(Self.syntaxError(error, name: name))
            return
        }
        settings.keys = ValueReader.join(folder, settings.keys)
        settings.policy = ValueReader.join(folder, settings.policy)
        settings.state = ValueReader.join(folder, settings.state)
        guard let root = roots.first else { return }
        if roots.count > 1 {
            errors.append(
                Diagnostic(file: name, message: "more than one YAML document", hint: "take out the lines \"---\""))
        }
        walk(root, path: "", name: name, folder: folder)
    }

    private mutating func walk(_ node: Node, path: String, name: String, folder: String) {
        if ValueReader.isAbsent(node) { return }
        let children = SettingsSchema.childNames(of: path)
        guard let map = node.mapping else {
            let what = path.isEmpty ? "the file" : "\"\(path)\""
            report(
                Problem(
                    message: "\(what) is a \(ValueReader.kind(node))",
                    hint: "it takes a map of \(children.joined(separator: ", "))"),
                at: node, name: name)
            return
        }
        for (key, value) in map {
            guard let part = key.scalar?.string, children.contains(part) else {
                report(SettingsSchema.unknownKey(key, in: path, among: children), at: key, name: name)
                continue
            }
            let child = path.isEmpty ? part : "\(path).\(part)"
            if let setting = SettingsSchema.byPath[child] {
                places[child] = Self.place(value.mark ?? key.mark, name: name)
                read(setting, value, folder: folder, name: name)
            } else {
                walk(value, path: child, name: name, folder: folder)
            }
        }
    }

    private mutating func read(_ setting: Setting, _ value: Node, folder: String, name: String) {
        if ValueReader.isAbsent(value) { return }
        do throws(Problem) {
            try setting.read(value, folder, &settings)
        } catch {
            broken.insert(setting.path)
            var problem = error
            problem.message = "\(setting.path)\(error.key.map { ".\($0)" } ?? ""): \(error.message)"
            report(problem, at: value, name: name)
        }
    }

    // MARK: Environment

    /// Reads the `LETTERLOCK_…` variables, which win over the file. Relative paths start at the working directory.
    mutating func read(environment: [String: String]) {
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Self.prefix) {
            if Self.otherVariables.contains(name) { continue }
            guard let setting = SettingsSchema.byVariable[name] else {
                let hint = ValueReader.meant(
                    name, among: SettingsSchema.byVariable.values.filter(\.isScalar).map(\.variable).sorted())
                warnings.append(
                    Diagnostic(
                        .warning, file: "environment", message: "unknown variable \"\(name)\"",
                        hint: hint.count > 200 ? nil : hint))
                continue
            }
            places[setting.path] = Place(file: "environment")
            guard setting.isScalar else {
                let problem = Problem(
                    message: "\(name): the environment cannot set a list or map",
                    hint: "write \"\(setting.path)\" in the file")
                errors.append(Diagnostic(file: "environment", message: problem.message, hint: problem.hint))
                continue
            }
            do throws(Problem) {
                try setting.read(Node(text, Tag(.str), .doubleQuoted), "", &settings)
            } catch {
                broken.insert(setting.path)
                errors.append(Diagnostic(file: "environment", message: "\(name): \(error.message)", hint: error.hint))
            }
        }
    }

    // MARK: Findings

    /// Adds a finding about a key, at its place if it was set, else about the file as a whole.
    mutating func add(_ severity: Diagnostic.Severity, _ path: String, _ message: String, hint: String?, name: String) {
        // It has an error already.
        guard !broken.contains(path) else { return }
        let place = places[path] ?? Place(file: name)
        let finding = Diagnostic(
            severity, file: place.file, line: place.line, column: place.column, message: "\(path): \(message)",
            hint: hint)
        if severity == .error { errors.append(finding) } else { warnings.append(finding) }
    }

    /// True where a key under one of some names has a value that could not be read.
    func isBroken(under names: [String]) -> Bool {
        broken.contains { path in names.contains { path == $0 || path.hasPrefix("\($0).") } }
    }

    /// True where the file or the environment has the key.
    func isWritten(_ path: String) -> Bool { places[path] != nil }

    private mutating func report(_ problem: Problem, at node: Node, name: String) {
        var place = Self.place(node.mark, name: name)
        if let mark = problem.mark { (place.line, place.column) = mark }
        errors.append(
            Diagnostic(
                file: place.file, line: place.line, column: place.column, message: problem.message, hint: problem.hint))
    }

    private static func place(_ mark: Mark?, name: String) -> Place {
        Place(file: name, line: mark?.line ?? 0, column: mark?.column ?? 0)
    }

    private static func syntaxError(_ error: any Error, name: String) -> Diagnostic {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            Diagnostic(file: name, line: mark.line, column: mark.column, message: "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            Diagnostic(
                file: name, line: context.mark.line, column: context.mark.column,
                message: "a key stands twice in one map: \(keys.map { "\"\($0)\"" }.sorted().joined(separator: ", "))")
        default:
            Diagnostic(file: name, message: "not valid YAML", hint: "is it UTF-8 text?")
        }
    }
}

extension Setting {
    /// The environment variable of this key.
    var variable: String {
        "LETTERLOCK_" + String(path.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
    }
}

extension SettingsSchema {
    /// The rows by path.
    static let byPath = Dictionary(uniqueKeysWithValues: settings.map { ($0.path, $0) })
    /// The rows by environment variable.
    static let byVariable = Dictionary(uniqueKeysWithValues: settings.map { ($0.variable, $0) })

    /// Names that may stand directly under a path ("" is the top), in the order of the table.
    static func childNames(of path: String) -> [String] {
        let start = path.isEmpty ? "" : "\(path)."
        var names: [String] = []
        for setting in settings where setting.path.hasPrefix(start) {
            let name = String(setting.path.dropFirst(start.count).prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// An unknown key, with the nearest known one: first here, then anywhere in the table.
    static func unknownKey(_ key: Node, in path: String, among children: [String]) -> Problem {
        var problem = ValueReader.unknown(key, among: children)
        let name = key.scalar?.string ?? ""
        if Diagnostic.nearest(to: name, among: children) == nil,
            let elsewhere = settings.first(where: { $0.path.hasSuffix(".\(name)") || $0.path == name })
        {
            problem.hint =
                elsewhere.path.contains(".")
                ? "the key is \"\(elsewhere.path)\""
                : "\"\(name)\" stands at the top level of the file, and not under \"\(path)\""
        }
        return problem
    }
}
