// The file with 32 random bytes behind the hashes of the log.

import Foundation
import Logs
import Mail
import Support
import Testing

@Suite struct SecretFileTests {
    @Test func madeOnceAndKept() throws {
        let folder = try TemporaryFolder()
        let file = SecretFile(path: folder.file("salt"), what: "salt", followsLinks: true)
        #expect(try file.read() == nil)
        let made = try file.readOrMake()
        #expect(made.count == 32)
        #expect(try file.read() == made)
        #expect(try file.readOrMake() == made)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names == ["salt"], "nothing is left beside it")
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("salt"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test(arguments: [0, 31, 33, 5_000]) func anotherLengthIsNoSecret(bytes: Int) throws {
        let folder = try TemporaryFolder()
        try Data(repeating: 7, count: bytes).write(to: URL(fileURLWithPath: folder.file("key")))
        let file = SecretFile(path: folder.file("key"), what: "key", followsLinks: false)
        let failure = #expect(throws: Refusal.self) { _ = try file.readOrMake() }
        #expect(failure?.cause == .storage)
        #expect(failure?.detail.contains("hint: delete it") == true)
    }

    /// In our own folder nobody has any business to make a link.
    @Test func aLinkIsFollowedOnlyWhereItMayBe() throws {
        let folder = try TemporaryFolder()
        let real = try SecretFile(path: folder.file("real"), what: "key", followsLinks: false).readOrMake()
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: folder.file("real"))
        #expect(try SecretFile(path: folder.file("link"), what: "key", followsLinks: true).read() == real)
        let failure = #expect(throws: Refusal.self) {
            _ = try SecretFile(path: folder.file("link"), what: "key", followsLinks: false).read()
        }
        #expect(failure?.cause == .storage)
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let folder = try TemporaryFolder()
        let file = SecretFile(path: folder.file("none/key"), what: "key", followsLinks: false)
        let failure = #expect(throws: Refusal.self) { _ = try file.readOrMake() }
        #expect(failure?.detail.contains("none/key") == true)
    }
}
