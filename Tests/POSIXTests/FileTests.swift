// Stamps of files, and files put in the place of others.

import Foundation
import POSIX
import Support
import Testing

@Suite struct FileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func text(_ name: String) -> String? { try? String(contentsOfFile: folder.file(name), encoding: .utf8) }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    @Test func aStampTellsAChange() throws {
        let path = try folder.write("a", "one")
        let before = try #require(FileStamp(path: path))
        #expect(before == FileStamp(path: path) && before.isRegularFile && before.bytes == 3)
        #expect(!before.isSettled(atSeconds: time(nil)) && before.isSettled(atSeconds: time(nil) + 60))
        #expect(chmod(path, 0o600) == 0)
        #expect(FileStamp(path: path)?.permissions == 0o600)
        let renamed = try folder.write("b", "one")
        #expect(rename(renamed, path) == 0)
        let after = try #require(FileStamp(path: path))
        #expect(after != before && after.identity != before.identity)
    }

    @Test func anIdentityIsTheLinksOwn() throws {
        let path = try folder.write("a", "one")
        #expect(symlink(path, folder.file("link")) == 0)
        #expect(FileIdentity(path: folder.file("link")) != FileIdentity(path: path))
        #expect(FileStamp(path: folder.file("link"))?.identity == FileIdentity(path: path))
        #expect(FileStamp(path: folder.file("none")) == nil && SystemError().code == ENOENT)
        #expect(!(try #require(FileStamp(path: folder.path))).isRegularFile)
    }

    @Test func replacesAtOnce() throws {
        let path = try folder.write("a", "old")
        let file = try AtomicFile(replacing: path)
        try file.write(Array("ne".utf8))
        try file.write(Array("w".utf8))
        #expect(text("a") == "old")
        try file.commit(.fileAndName)
        #expect(text("a") == "new")
        #expect(try names == ["a"])
        #expect(FileStamp(path: path)?.permissions == 0o600)
    }

    @Test func withoutCommitTheOldOneStays() throws {
        let path = try folder.write("a", "old")
        do {
            let file = try AtomicFile(replacing: path, temporary: folder.file("a.new"))
            try file.write(Array("new".utf8))
            #expect(try names == ["a", "a.new"])
        }
        #expect(text("a") == "old")
        #expect(try names == ["a"])
    }

    @Test func takesOverWhatACrashLeft() throws {
        try folder.write("a.new", "half")
        let file = try AtomicFile(replacing: folder.file("a"), temporary: folder.file("a.new"))
        try file.write(Array("whole".utf8))
        try file.commit(.none)
        #expect(text("a") == "whole")
        #expect(try names == ["a"])
    }

    @Test func takesOverTheMode() throws {
        let path = try folder.write("a", "old")
        #expect(chmod(path, 0o664) == 0)
        let file = try AtomicFile(replacing: path)
        file.takeOwner(of: path, widest: 0o640)
        try file.commit(.fileAndName)
        #expect(FileStamp(path: path)?.permissions == 0o640)
    }

    @Test func saysWhatFailed() throws {
        let failure = #expect(throws: AtomicFile.Failure.self) {
            try AtomicFile(replacing: folder.file("none/a"))
        }
        #expect(failure?.step == .making && failure?.error == SystemError(ENOENT))
        #expect("\(SystemError(ENOENT))" == "No such file or directory")
        #expect(SystemError(ENOENT).words == "no such file or directory")
    }

    @Test(arguments: [("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/b/c", "a/b")])
    func folders(path: String, folder: String) {
        #expect(Descriptors.folder(of: path) == folder)
    }

    @Test func readsUpToALimit() throws {
        let path = try folder.write("a", String(repeating: "x", count: 100_000))
        func read(_ most: Int) throws -> Int? {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            return try Descriptors.readAll(file, atMost: most)?.count
        }
        #expect(try read(100_000) == 100_000)
        #expect(try read(99_999) == nil)
        #expect(throws: SystemError(EBADF)) { try Descriptors.readAll(-1, atMost: 1) }
    }
}
