// docs/letterlock.yaml against the code: it loads when uncommented, every default is the code's, every key is there.

import Foundation
import Mail
import Settings
import SettingValues
import Testing

@Suite struct DocumentationTests {
    /// The file with its settings uncommented; remarks (`# text`) stay comments.
    private func uncommented() throws -> String {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/letterlock.yaml")
        return try String(contentsOf: url.standardized, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                let rest = line.dropFirst()
                let isRemark = rest.isEmpty || (rest.hasPrefix(" ") && !rest.hasPrefix("  "))
                return line.hasPrefix("#") && !isRemark ? String(rest) : String(line)
            }
            .joined(separator: "\n")
    }

    @Test("Every default in docs/letterlock.yaml is the default of the code")
    func defaults() throws {
        let documented = try LetterlockSettings.load(text: try uncommented(), name: "letterlock.yaml")
        #expect(documented == (try LetterlockSettings.load(text: "", name: "letterlock.yaml")))
    }

    @Test("Every key is documented, in the order of the table, and no other")
    func keys() throws {
        #expect(paths(of: try uncommented()) == LetterlockSettings.keyPaths)
    }

    @Test("Every documented key has a remark directly above it")
    func remarks() throws {
        var previous = ""
        for line in try uncommented().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if !line.isEmpty, !line.hasPrefix("#") { #expect(previous.hasPrefix("# "), "\(line)") }
            previous = line
        }
    }

    @Test("A key without a value has no default, and says so")
    func withoutDefault() throws {
        for (key, value, remark, _) in try entries() where value.isEmpty {
            #expect(remark.contains("No default") || remark.contains("Default: "), "\(key)")
        }
    }

    @Test("The range of every number stands above it")
    func ranges() throws {
        let entries = try entries()
        var seen = 0
        for key in LetterlockSettings.keyPaths {
            let parts = key.split(separator: ".").map(String.init)
            guard let name = parts.last, parts.count == 2 else { continue }
            for tooMuch in ["99999d", "999999999999999"] {
                let text = "\(parts[0]): {\(name): \(tooMuch)}"
                guard let range = Self.range(text) else { continue }
                seen += 1
                let remarks = entries.filter { $0.key == key }.map(\.remark)
                #expect(remarks.first?.contains(range) == true, "\(key): \(range)")
            }
        }
        #expect(seen > 40)
    }

    @Test("What a listener has by default is said above the listeners")
    func listenerDefaults() throws {
        let remark = try #require(try entries().first { $0.key == "listen.smtp" }?.section)
        var seen = 0
        for part in remark.components(separatedBy: "\n\"") {
            guard let name = part.split(separator: "\"").first, let at = part.range(of: "Default ") else { continue }
            let value = part[at.upperBound...].prefix { $0 != "." && $0 != ":" && $0 != "\n" }
            let kind = name == "split" ? "milter" : "smtp"
            let texts = ["", ", \(name): \(value)"].map { "listen: {\(kind): {address: \"a:1\"\($0)}}" }
            let listens = try texts.map { try LetterlockSettings.load(text: $0, name: "x.yaml").listen }
            #expect(listens[0] == listens[1], "\(texts)")
            seen += 1
        }
        #expect(seen == 5)
    }

    @Test("The defaults of a hook for text messages are those that are said")
    func hookDefaults() throws {
        let hook = try #require(
            try LetterlockSettings.load(text: "links: {sms: {command: [/a]}}", name: "x.yaml").links.texts)
        let remark = try #require(try entries().first { $0.key == "links.sms" }?.remark)
        #expect(remark.contains("of a try: \(hook.timeoutSeconds)s") && remark.contains("tries (\(hook.tries))"))
    }

    /// What a number takes, as the error for a value beyond all measure says it: `1s to 10m`; nil for what is no
    /// number.
    private static func range(_ text: String) -> String? {
        do throws(SettingsErrors) {
            _ = try LetterlockSettings.load(text: text, name: "x.yaml")
            return nil
        } catch {
            let hint = error.diagnostics.first { $0.message.contains("out of range") }?.hint
            return hint.map { String($0.dropFirst("it takes ".count)) }
        }
    }

    /// Keys with their values and the remarks directly above them, and those above their section.
    private func entries() throws -> [(key: String, value: String, remark: String, section: String)] {
        var found: [(key: String, value: String, remark: String, section: String)] = []
        var section = ""
        var remarks = (own: "", section: "")
        for line in try uncommented().split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("#") {
                remarks.own += line.dropFirst(2) + "\n"
                continue
            }
            let isInside = line.hasPrefix("  ")
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if let name = parts.first, !name.isEmpty {
                let value = parts.count > 1 ? parts[1] : ""
                if !isInside { (section, remarks.section) = (name, remarks.own) }
                let key = isInside ? "\(section).\(name)" : name
                found.append((key, value, remarks.own, remarks.section))
            }
            remarks.own = ""
        }
        // The head of a section is no key.
        return found.filter { entry in
            LetterlockSettings.keyPaths.contains(entry.key)
        }
    }

    @Test("As it stands, all commented out, the file gives the defaults")
    func commentedOut() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/letterlock.yaml")
        let settings = try LetterlockSettings.load(
            file: path.standardized.path(percentEncoded: false), environment: [:])
        #expect(settings.hostname == "localhost")
        #expect(settings.keys.hasSuffix("/docs/keys"))
    }

    @Test("Every limit of the gateway can be set")
    func limits() {
        let settable = LetterlockSettings.keyPaths.filter { $0.hasPrefix("limits.") }.count
        #expect(settable == Mirror(reflecting: Limits()).children.count)
    }

    /// Dotted paths of the file's keys: `key:` at the margin, those of a section two columns in.
    private func paths(of text: String) -> [String] {
        var section = ""
        var paths: [String] = []
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        for (index, line) in lines.enumerated() {
            let key = line.prefix { $0 != ":" }.trimmingCharacters(in: .whitespaces)
            let isInside = line.hasPrefix("  ")
            if !isInside, line.hasSuffix(":"), index + 1 < lines.count, lines[index + 1].hasPrefix("  ") {
                section = key
            } else {
                paths.append(isInside ? "\(section).\(key)" : key)
            }
        }
        return paths
    }
}
