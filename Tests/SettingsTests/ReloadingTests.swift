// What a reload does with each setting: it takes it up, or says that it needs a restart; and the page says the same.

import Foundation
import SettingValues
import Settings
import Testing

@Suite struct ReloadingTests {
    /// Keys that a running gateway takes up. A key that is not here has to be named in the warning: a new one is
    /// either put here or compared there.
    private static let takenUp: Set<String> = [
        "inside", "time-zone", "policy", "sign.key", "sign.homedir", "links.from", "links.expire", "links.password",
        "links.standing-expire", "links.unattended", "links.longest", "links.answers", "links.sms", "links.notices",
        "storage.letters", "storage.per-recipient", "storage.alarm", "quarantine.key", "quarantine.officer",
        "quarantine.keep", "quarantine.notify", "log.format", "log.level", "log.addresses", "limits.mime-depth",
        "limits.mime-parts", "limits.header", "limits.received-fields",
    ]
    /// Of a map of languages the portal takes only the one for all others.
    private static let takenUpInside: Set<String> = ["links.language .fr"]

    @Test("Another value of a key is taken up, or named as one that needs a restart", arguments: KeyUse.all)
    func everyKey(use: KeyUse) throws {
        let (one, other) = (use.text(use.values.0), use.text(use.values.1))
        let running = try LetterlockSettings.load(text: one, name: "x.yaml")
        let loaded = try LetterlockSettings.load(text: other, name: "x.yaml")
        let late = loaded.keysThatNeedRestart(since: running)
        let isTakenUp =
            Self.takenUp.contains(use.key) || Self.takenUpInside.contains("\(use.key) \(use.inner ?? "")")
        if isTakenUp {
            #expect(late == [], "\(use.key)")
        } else {
            #expect(late.contains { Self.holds($0, use.key) }, "\(use.key): \(late)")
        }
        #expect(running.keysThatNeedRestart(since: running) == [])
    }

    @Test("The page names every key that a reload takes up, or its section, and no other")
    func page() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/install/install.md")
        let text = try String(contentsOf: url.standardized, encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("A reload takes up ") })
        let sentence = try #require(line.components(separatedBy: ". ").first)
        let named = sentence.matches(of: /`([a-z.-]+)`/).map { String($0.1) }
        for key in Self.takenUp {
            #expect(named.contains { Self.holds($0, key) }, "\(key) is not on the page")
        }
        for name in named {
            #expect(Self.takenUp.contains { Self.holds(name, $0) }, "\(name) is not taken up")
            // A section stands for all of its keys.
            let rest = LetterlockSettings.keyPaths.filter { Self.holds(name, $0) && !Self.takenUp.contains($0) }
            let excepted = name == "links" ? ["links.url", "links.language", "links.organisation"] : []
            #expect(Set(rest) == Set(excepted), "\(name): \(rest)")
            for key in excepted { #expect(line.contains("`\(key)`"), "\(key)") }
        }
    }

    private static func holds(_ name: String, _ key: String) -> Bool { key == name || key.hasPrefix("\(name).") }
}
