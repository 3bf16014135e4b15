// A setting that is accepted is used: every key of docs/letterlock.yaml changes a value, every value has a key, and
// every value is read by the program.

import Foundation
import SettingValues
import Settings
import Testing

@Suite struct KeyUseTests {
    private func leaves(_ text: String) throws -> Leaves {
        Leaves(try LetterlockSettings.load(text: text, name: "x.yaml"))
    }

    @Test("Every key has its line in the table of uses, and no other has", arguments: [LetterlockSettings.keyPaths])
    func complete(keys: [String]) {
        #expect(Set(KeyUse.all.map(\.key)) == Set(keys))
    }

    @Test("Another value of a key is another value of the settings", arguments: KeyUse.all)
    func changes(use: KeyUse) throws {
        let changed = try leaves(use.text(use.values.0)).differences(from: try leaves(use.text(use.values.1)))
        #expect(!changed.isEmpty, "\(use.key) \(use.inner ?? "")")
        if let through = use.through { #expect(changed.contains(through), "\(use.key): \(changed)") }
    }

    @Test("Every value has a key, so nothing is read that cannot be set and is not documented")
    func covered() throws {
        var all = Set(try leaves("").paths)
        var changed: Set<String> = []
        for use in KeyUse.all {
            let (one, other) = (try leaves(use.text(use.values.0)), try leaves(use.text(use.values.1)))
            all.formUnion(one.paths)
            all.formUnion(other.paths)
            changed.formUnion(one.differences(from: other))
        }
        // What was found while loading is no setting.
        #expect(all.subtracting(changed).subtracting(["warnings"]).sorted() == [])
    }

    @Test("Every value is read outside of the modules that make it", arguments: KeyUse.all)
    func used(use: KeyUse) throws {
        guard let reads = use.reads else { return }
        #expect(Self.program.contains(reads), "\(use.key) \(use.inner ?? ""): nothing reads \"\(reads)\"")
    }

    @Test("What is handed on to another value is read there")
    func handedOn() {
        for use in KeyUse.all {
            guard let through = use.through else { continue }
            let name = through.split(separator: ".").last.map(String.init)
            #expect(KeyUse.all.contains { $0.inner == name && $0.reads != nil }, "\(use.key)")
        }
    }

    @Test("Every key of a map is documented")
    func innerKeys() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/letterlock.yaml"), encoding: .utf8)
        for inner in KeyUse.all.compactMap(\.inner) {
            #expect(text.contains(inner), "\(inner)")
        }
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    /// The sources but for Settings, SettingValues and comments.
    private static let program: String = {
        let sources = root.appending(path: "Sources")
        guard let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil) else {
            return ""
        }
        var text = ""
        for case let file as URL in files where file.pathExtension == "swift" {
            let folders = file.pathComponents.suffix(5)
            guard !folders.contains("Settings"), !folders.contains("SettingValues") else { continue }
            let lines = (try? String(contentsOf: file, encoding: .utf8))?.split(separator: "\n") ?? []
            text += lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
        }
        return text
    }()
}

/// The single values of settings by their paths, such as `gpg.timeoutSeconds`; those of listeners begin with
/// `listener`.
struct Leaves {
    private var values: [String: [String]] = [:]

    /// - Parameter settings: its structures are those of SettingValues; everything else in them is a single value.
    init(_ settings: LetterlockSettings) { add(settings, "") }

    /// Every path.
    var paths: [String] { Array(values.keys) }

    /// Paths of which both have a value, and not the same; with lists of other lengths, the path of the list.
    func differences(from other: Leaves) -> Set<String> {
        Set(values.keys.filter { path in other.values[path].map { $0 != values[path] } ?? false })
    }

    private mutating func add(_ value: Any, _ path: String) {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional, let inside = mirror.children.first?.value, Self.isStructure(inside) {
            return add(inside, path)
        }
        // A structure that is not there has no values.
        if mirror.displayStyle == .optional, mirror.children.isEmpty, Self.isOptionalStructure(value) { return }
        if let list = value as? [ListenerSettings] {
            values[path] = ["\(list.count)"]
            for listener in list { add(listener, "listener") }
            return
        }
        guard Self.isStructure(value) else {
            values[path, default: []].append(String(reflecting: value))
            return
        }
        for child in mirror.children {
            guard let label = child.label else { continue }
            add(child.value, path.isEmpty ? label : "\(path).\(label)")
        }
    }

    private static func isOptionalStructure(_ value: Any) -> Bool {
        let name = String(reflecting: type(of: value))
        return name.hasPrefix("Swift.Optional<SettingValues.") && !name.contains("Colour")
    }

    private static func isStructure(_ value: Any) -> Bool {
        Mirror(reflecting: value).displayStyle == .struct
            && String(reflecting: type(of: value)).hasPrefix("SettingValues.") && !(value is Colour)
    }
}
