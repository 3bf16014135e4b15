// The file of users: what is read, what is refused, how it is written, and what a running desk makes of changes.

import Foundation
import Mail
import SASL
import Support
import Synchronization
import Testing

@Suite struct UserFileTests {
    private static func verifier(_ password: String) throws -> ScramVerifier {
        try #require(ScramVerifier(password: Secret(password), iterations: 4096))
    }

    private static func user(_ name: String, _ password: String = "open sesame") throws -> StoredUser {
        try #require(
            StoredUser(name: name, verifier: try verifier(password), maySendAs: DomainList(["\(name)@example.org"])))
    }

    @Test func itReadsWhatItWrites() throws {
        var file = UserFile()
        file.put(try Self.user("alice"))
        file.put(try Self.user("bob"))
        file.put(try #require(StoredUser(name: "crm", verifier: try Self.verifier("x"), maySendAs: DomainList([]))))
        let text = "\n# a comment\n" + file.text
        var read = try UserFile(text, file: "users")
        #expect(read.text == text)
        #expect(read.users == file.users)
        #expect(read.remove("BOB") && !read.remove("bob"))
        #expect(read.users.map(\.name) == ["alice", "crm"])
        #expect(read.text.contains("# a comment"))
        #expect(!text.contains("open sesame"))
        #expect(try UserFile(text.replacing("\n", with: "\r\n"), file: "users").users == file.users)
    }

    @Test(
        arguments: [
            ("alice", "three words"), ("alice x a@b.c", "SCRAM verifier"), ("alice x a@b.c extra", "three words"),
            ("alice SCRAM-SHA-256$100:AAAAAAAAAAA=$AAAA:AAAA a@b.c", "SCRAM verifier"),
        ]) func aBrokenLineIsNamed(_ line: String, _ words: String) throws
    {
        let error = #expect(throws: Diagnostic.self) { try UserFile("# x\n\(line)\n", file: "users") }
        #expect(error?.line == 2)
        #expect(error?.message.contains(words) == true)
    }

    @Test func doublesAndBadAddressesAreRefused() throws {
        let verifier = try Self.verifier("x").text
        for (text, words) in [
            ("alice \(verifier) -\nAlice \(verifier) -\n", "twice"), ("alice \(verifier) a@b@\n", "no list"),
            ("a,b \(verifier) -\n", "no name"), ("alice \(verifier) a.org,,b.org\n", "no list"),
        ] {
            let error = #expect(throws: Diagnostic.self) { try UserFile(text, file: "users") }
            #expect(error?.message.contains(words) == true)
        }
    }

    @Test(
        arguments: [("0640", true), ("0600", true), ("0400", true), ("0644", false), ("0660", false), ("0601", false)])
    func aFileThatIsTooOpenIsRefused(_ mode: String, _ isTaken: Bool) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("users")
        try UserFile.edit(path, create: true) { $0.put(try Self.user("alice")) }
        chmod(path, mode_t(mode, radix: 8)!)
        if isTaken {
            #expect(try UserFile.read(path).users.count == 1)
        } else {
            let error = #expect(throws: Diagnostic.self) { try UserFile.read(path) }
            #expect(error?.hint == "chmod 0640 \(path)")
        }
    }

    @Test func writingKeepsTheModeAndLeavesNothingBehind() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("users")
        #expect(throws: Diagnostic.self) { try UserFile.edit(path, create: false) { _ in } }
        try UserFile.edit(path, create: true) { $0.put(try Self.user("alice")) }
        #expect(try mode(path) == 0o600)
        chmod(path, 0o640)
        try UserFile.edit(path, create: false) { $0.put(try Self.user("bob")) }
        #expect(try mode(path) == 0o640)
        let link = folder.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        try UserFile.edit(link, create: false) { $0.put(try Self.user("carol")) }
        #expect(try UserFile.read(path).users.count == 3)
        struct Stopped: Error {}
        #expect(throws: Stopped.self) { try UserFile.edit(path, create: false) { _ in throw Stopped() } }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["link", "users"])
    }

    @Test func writersWaitForEachOther() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("users")
        try UserFile.edit(path, create: true) { _ in }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { try UserFile.edit(path, create: false) { $0.put(try Self.user("u\(number)")) } }
            }
            try await group.waitForAll()
        }
        #expect(try UserFile.read(path).users.count == 20)
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func aDeskSeesChangesAndKeepsTheLastGoodFile() async throws {
        let desk = try Desk(["alice": "one"], failures: 1000)
        #expect(try await desk.login("PLAIN", "alice", "one").words == "alice")
        try Desk.write(["alice": "two", "bob": "three"], to: desk.file)
        #expect(try await desk.login("PLAIN", "alice", "one").words == "wrong")
        #expect(try await desk.login("SCRAM-SHA-256", "bob", "three").words == "bob")
        #expect(desk.problems.all.withLock { $0.isEmpty })
        try Data("alice rubbish\n".utf8).write(to: URL(fileURLWithPath: desk.file))
        for _ in 1...3 { #expect(try await desk.login("PLAIN", "alice", "two").words == "alice") }
        #expect(desk.problems.all.withLock { $0.count } == 1)
        unlink(desk.file)
        #expect(try await desk.login("PLAIN", "alice", "two").words == "alice")
        #expect(desk.problems.all.withLock { $0.count } == 2)
        try Desk.write(["carol": "four"], to: desk.file)
        #expect(try await desk.login("PLAIN", "carol", "four").words == "carol")
        #expect(try await desk.login("PLAIN", "alice", "two").words == "wrong")
    }

    @Test(arguments: MechanismTests.mechanisms) func withoutAFileNobodyIsJudged(_ mechanism: String) async throws {
        let desk = try Desk()
        chmod(desk.file, 0o666)
        #expect(try await desk.login(mechanism, "alice", "open sesame").words == "unavailable")
        #expect(desk.problems.all.withLock { $0.first?.hint } == "chmod 0640 \(desk.file)")
        chmod(desk.file, 0o600)
        #expect(try await desk.login(mechanism, "alice", "open sesame").words == "alice")
    }

    @Test func preparationOfText() {
        #expect(Preparation.prepare("I\u{AD}X") == "IX")
        #expect(Preparation.prepare("\u{AA}") == "a")
        #expect(Preparation.prepare("\u{2168}") == "IX")
        #expect(Preparation.prepare("a\u{A0}b") == "a b")
        for bad in ["", "\u{7}", "a\u{80}", "a\u{FFFD}", "\u{E000}", String(repeating: "a", count: 1025)] {
            #expect(Preparation.prepare(bad) == nil)
        }
        for bad in ["", "a b", "#a", "a,b", "a:b", "a\tb"] { #expect(Preparation.name(bad) == nil) }
        #expect(Preparation.name("Ａlice") == "alice")
    }
}
