// Postfix beside the gateway: reads its settings by postconf and examines them. Touches postconf processes only.

import Foundation

extension Examination {
    private static let usual = "/etc/postfix"

    func postfixFindings() async -> [Finding] {
        guard let folders = postfixFolders ?? Self.found() else { return [] }
        guard let postconf = Program.find("postconf") else {
            let hint = "run doctor on the machine where Postfix is"
            return folders.map { .fail("postfix \($0)", "there is no postconf to read it with", hint: hint) }
        }
        var findings: [Finding] = []
        for folder in folders {
            guard let postfix = await Self.read(folder, by: postconf) else {
                let hint = "name a folder with main.cf and master.cf"
                findings.append(.fail("postfix \(folder)", "postconf cannot read it", hint: hint))
                continue
            }
            let examined = PostfixRecipes(postfix: postfix, settings: settings)
            // Not asked for, and nothing to do with us.
            if postfixFolders == nil, examined.recipes.isEmpty { continue }
            findings += examined.findings()
        }
        return findings
    }

    private static func found() -> [String]? {
        FileManager.default.fileExists(atPath: "\(usual)/main.cf") ? [usual] : nil
    }

    private static func read(_ folder: String, by postconf: String) async -> PostfixConfiguration? {
        guard FileManager.default.fileExists(atPath: "\(folder)/main.cf"),
            let main = await Program.run(postconf, ["-c", folder, "-x"], seconds: 20),
            let master = await Program.run(postconf, ["-c", folder, "-M"], seconds: 20),
            let options = await Program.run(postconf, ["-c", folder, "-P", "-x"], seconds: 20)
        else { return nil }
        return PostfixConfiguration(folder: folder, main: main, master: master, options: options)
    }
}
