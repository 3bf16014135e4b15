// Postfix beside the gateway: reads its settings by postconf and examines them. Touches postconf processes only.

import Foundation
import Mail
import Settings
import SettingValues

extension SetupChecks {
    private static let usual = "/etc/postfix"

    func postfixFindings() async -> [Finding] {
        guard let postconf = Program.find("postconf") else {
            guard let folders = postfixFolders ?? Self.usualFolder else { return [] }
            let hint = "run doctor on the machine where Postfix is"
            return folders.map { .fail("postfix \($0)", "there is no postconf to read it with", hint: hint) }
        }
        guard let folders = await folders(postconf) else { return [] }
        var findings: [Finding] = []
        var instances: [PostfixRecipes] = []
        for folder in folders {
            guard let postfix = await Self.read(folder, by: postconf) else {
                let hint = "name a folder with main.cf and master.cf"
                let words = await Self.complaint(folder, by: postconf)
                findings.append(
                    words.map { .fail("postfix \(folder)", "postconf cannot read it: \($0)", hint: "mend that line") }
                        ?? .fail("postfix \(folder)", "postconf cannot read it", hint: hint))
                continue
            }
            let examined = PostfixRecipes(postfix: postfix, settings: settings)
            instances.append(examined)
            findings += examined.findings()
        }
        return findings + together(instances)
    }

    /// What only several instances show.
    private func together(_ instances: [PostfixRecipes]) -> [Finding] {
        let fronts = instances.filter { !$0.recipes.isEmpty }
        let exits = instances.filter { $0.recipes.isEmpty && $0.reinjection != nil }
        var findings = exits.flatMap { $0.home(besideFront: !fronts.isEmpty) }
        let doors = (settings.listen.smtp + settings.listen.lmtp + settings.listen.milter).map(\.address)
        if fronts.isEmpty, let exit = exits.first, doors.allSatisfy({ NextHopSettings(address: $0).isLocal }) {
            findings.append(
                .warn(
                    exit.area, "it takes what we pass on, and no Postfix here leads mail to us",
                    hint: "see relayhost in the main.cf of the Postfix in front, and name its folder with --postfix"))
        }
        return findings
            + exits.compactMap { exit in
                let name = exit.postfix.value("myhostname").lowercased()
                guard let front = fronts.first(where: { $0.postfix.value("myhostname").lowercased() == name }) else {
                    return nil
                }
                return .fail(
                    exit.area,
                    "myhostname is \"\(name)\", as in \(front.postfix.folder): mail between the two is taken for a "
                        + "loop and bounces",
                    hint: "\(exit.change) myhostname=out.\(name) smtp_helo_name=\(name)")
            }
    }

    /// As asked for; else the usual one, and the instances that it manages (MULTI_INSTANCE_README).
    private func folders(_ postconf: String) async -> [String]? {
        if let postfixFolders { return postfixFolders }
        guard let usual = Self.usualFolder else { return nil }
        let more = await Program.run(
            postconf, ["-c", Self.usual, "-x", "-h", "multi_instance_directories"], seconds: 20)
        return usual + (more ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
    }

    private static var usualFolder: [String]? {
        FileManager.default.fileExists(atPath: "\(usual)/main.cf") ? [usual] : nil
    }

    /// What is asked of postconf: parameters, services, what services override.
    private static let questions = [["-x"], ["-M"], ["-P", "-x"]]

    private static func read(_ folder: String, by postconf: String) async -> PostfixConfiguration? {
        guard FileManager.default.fileExists(atPath: "\(folder)/main.cf") else { return nil }
        var answers: [String] = []
        for question in questions {
            guard let answer = await Program.run(postconf, ["-c", folder] + question, seconds: 20) else { return nil }
            answers.append(answer)
        }
        return PostfixConfiguration(folder: folder, main: answers[0], master: answers[1], options: answers[2])
    }

    /// postconf's own words: they name the file and the line.
    private static func complaint(_ folder: String, by postconf: String) async -> String? {
        guard FileManager.default.fileExists(atPath: "\(folder)/main.cf") else { return nil }
        for question in questions {
            if let words = await Program.complaint(postconf, ["-c", folder] + question, seconds: 20) { return words }
        }
        return nil
    }
}
