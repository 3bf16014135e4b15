// The command as a person calls it: arguments in, exit code, stdout and stderr out.

import Foundation
import Support
import Testing

struct CommandTests {
    /// Runs the command in a folder with settings.
    private static func run(
        _ arguments: String..., in folder: TemporaryFolder, input: String = ""
    ) throws -> BuiltProgram.Outcome {
        try BuiltProgram.run("letterlock", arguments, in: folder.path, input: input)
    }

    private static func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(
            "letterlock.yaml",
            """
            hostname: gate.example.org
            inside: [example.org]
            keys: \(folder.file("keys"))
            policy: \(folder.file("policy"))
            state: \(folder.file("state"))
            next-hop: { address: "127.0.0.1:1" }
            """)
        try folder.write("policy/rules.yaml", "version: 1\nrules: []\n")
        try FileManager.default.createDirectory(atPath: folder.file("keys"), withIntermediateDirectories: true)
        return folder
    }

    @Test func helpNamesEveryCommand() throws {
        let help = try Self.run("--help", in: try Self.folder())
        #expect(help.status == 0)
        for name in [
            "serve", "demo", "encrypt", "decrypt", "policy", "keys", "links", "contacts", "vault", "quarantine",
            "doctor", "mails", "users", "admin",
        ] {
            #expect(help.out.contains("  \(name) "), "\(name)")
        }
    }

    @Test(arguments: [["no-such"], ["links", "extend"], ["quarantine", "show", "X", "--headers", "--eml"]])
    func aWrongCommandLineIs64(_ arguments: [String]) throws {
        let folder = try Self.folder()
        let outcome = try BuiltProgram.run("letterlock", arguments, in: folder.path)
        #expect(outcome.status == 64 && outcome.out.isEmpty && !outcome.err.isEmpty)
    }

    @Test func settingsThatAreNotThereAre66() throws {
        let outcome = try Self.run("links", "list", "--config", "nowhere.yaml", in: try Self.folder())
        #expect(outcome.status == 66 && outcome.err == "letterlock: reading \"nowhere.yaml\": no such file\n")
    }

    @Test func settingsThatCannotBeUsedAre78() throws {
        let folder = try Self.folder()
        try folder.write("letterlock.yaml", "no-such-key: 1\n")
        let outcome = try Self.run("keys", "list", in: folder)
        #expect(outcome.status == 78 && outcome.err.contains("settings cannot be used"))
    }

    @Test(arguments: [["links", "list"], ["contacts", "list"], ["quarantine", "list"]])
    func aStateThatIsNotThereIs66(_ arguments: [String]) throws {
        let folder = try Self.folder()
        let outcome = try BuiltProgram.run("letterlock", arguments, in: folder.path)
        #expect(outcome.status == 66 && outcome.err.contains("there is no state of a gateway\n  hint: set `state`"))
    }

    @Test func anEmptyStateListsNothing() throws {
        let folder = try Self.folder()
        try FileManager.default.createDirectory(
            atPath: folder.file("state/gateway"), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let links = try Self.run("links", "list", in: folder)
        #expect(links.status == 0 && links.out.isEmpty && links.err == "0 letters\n")
        #expect(try Self.run("links", "list", "--json", in: folder).out == "[\n\n]\n")
        let missing = try Self.run("links", "show", "nobody", in: folder)
        #expect(missing.status == 1 && missing.err == "letterlock: no letter of id \"nobody\"\n")
        #expect(try Self.run("links", "revoke", "nobody", in: folder).status == 1)
        let dropped = try Self.run("quarantine", "drop", "7K2M9-QXD4T", in: folder)
        #expect(dropped.status == 1 && dropped.err == "letterlock: no message of id \"7K2M9-QXD4T\"\n")
        let unknown = try Self.run("contacts", "show", "carol@example.net", in: folder)
        #expect(unknown.status == 1 && unknown.err == "letterlock: nothing is known of \"carol@example.net\"\n")
    }

    @Test func aContactIsKeptMaskedAndForgotten() throws {
        let folder = try Self.folder()
        try FileManager.default.createDirectory(
            atPath: folder.file("state/gateway"), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let set = try Self.run("contacts", "set", "carol@example.net", "--phone", "+33612345689", in: folder)
        #expect(set.status == 0 && set.err == "kept\n")
        let shown = try Self.run("contacts", "show", "carol@example.net", in: folder)
        #expect(shown.out.hasPrefix("carol@example.net  phone +33") && !shown.out.contains("612345"))
        #expect(try Self.run("contacts", "set", "carol@example.net", in: folder).status == 64)
        #expect(try Self.run("contacts", "set", "carol@example.net", "--phone", "1", in: folder).status == 64)
        #expect(try Self.run("contacts", "remove", "carol@example.net", in: folder).status == 0)
        #expect(try Self.run("contacts", "remove", "carol@example.net", in: folder).status == 1)
    }

    @Test func aRecipientWithoutAKeyIs67AndNothingIsWritten() throws {
        let folder = try Self.folder()
        let sealed = try Self.run(
            "encrypt", "--to", "bob@example.net", in: folder, input: "Subject: x\n\nthe canary sings\n")
        #expect(sealed.status == 67 && sealed.out.isEmpty && !sealed.err.contains("canary"))
        #expect(try Self.run("keys", "find", "bob@example.net", in: folder).status == 67)
    }

    @Test func aMessageInClearCannotBeDecrypted() throws {
        let outcome = try Self.run("decrypt", in: try Self.folder(), input: "Subject: x\n\ny\n")
        #expect(outcome.status == 65 && outcome.out.isEmpty && outcome.err.contains("no openpgp ciphertext found"))
        #expect(try Self.run("decrypt", in: try Self.folder()).status == 65)
        #expect(try Self.run("decrypt", "nowhere.eml", in: try Self.folder()).status == 66)
    }

    @Test func theKeyFolderIsChecked() throws {
        let folder = try Self.folder()
        #expect(try Self.run("keys", "check", in: folder).err == "0 certificates, nothing to name\n")
        try folder.write("keys/broken.asc", "no certificate\n")
        let check = try Self.run("keys", "check", in: folder)
        #expect(check.status == 1 && check.out.hasPrefix("broken.asc: "))
        #expect(try Self.run("keys", "list", "--keys", "nowhere", in: folder).status == 66)
    }

    @Test func samplesOfOneLanguageAreWritten() throws {
        let folder = try Self.folder()
        let mails = try Self.run("mails", "--language", "de", "--json", in: folder)
        let list = try #require(
            try JSONSerialization.jsonObject(with: Data(mails.out.utf8)) as? [[String: Any]])
        #expect(mails.status == 0 && list.count == 15 && list.allSatisfy { $0["language"] as? String == "de" })
        let unknown = try Self.run("mails", "--language", "xx", in: folder)
        #expect(unknown.status == 64 && unknown.err == "letterlock: there is no language \"xx\"\n")
    }

    @Test func theRulesAreChecked() throws {
        let folder = try Self.folder()
        #expect(try Self.run("policy", "check", folder.file("policy"), in: folder).status == 0)
        try folder.write("policy/rules.yaml", "version: 1\nrules: [{ id: x, when: { no-such: 1 }, then: {} }]\n")
        #expect(try Self.run("policy", "check", folder.file("policy"), in: folder).status != 0)
    }
}
