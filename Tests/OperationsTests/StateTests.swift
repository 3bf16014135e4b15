// Operations on the state of a gateway that does not run: an empty state, correspondents, a key folder, single
// messages.

import Foundation
import Gateway
import Mail
import Operations
import Policy
import Sealing
import SettingValues
import Support
import Testing

struct StateTests {
    private static let gpg = "/usr/bin/gpg"

    @Test func anEmptyStateHasNoLettersAndNothingToRevoke() async throws {
        let folder = try TemporaryFolder()
        let letters = try LetterOperations(stateFolder: folder.path)
        #expect(try await letters.lines().isEmpty)
        #expect(try await letters.line("nobody") == nil)
        #expect(try await letters.revoke("nobody") == false)
        #expect(try await letters.revocable(.init()).isEmpty)
        let status = try await letters.status()
        #expect(status.waiting == 0 && status.waitingRequests == 0 && status.waitingNotices == 0)
    }

    @Test func anEmptyQuarantineHasNothingToDrop() async throws {
        let folder = try TemporaryFolder()
        let quarantine = try QuarantineOperations(stateFolder: folder.path, who: "officer")
        #expect(try await quarantine.lines(settled: true).isEmpty)
        #expect(try await quarantine.line("7K2M9-QXD4T") == nil)
        #expect(try await quarantine.line("no id") == nil)
        #expect(try await quarantine.drop("7K2M9-QXD4T", reason: "test") == false)
    }

    @Test func aCorrespondentsNumberIsMaskedAndForgotten() async throws {
        let folder = try TemporaryFolder()
        let contacts = try ContactOperations(stateFolder: folder.path)
        let carol = try #require(Mailbox("carol@example.net"))
        let number = try #require(PhoneNumber("+33612345689"))
        try await contacts.set(carol, password: nil, phone: number, nowSeconds: 1000)
        let line = try #require(try await contacts.line(carol))
        #expect(line.phone == number.description && line.phone?.contains("12345") == false && !line.hasPassword)
        #expect(line.text == "carol@example.net  phone \(number)")
        #expect(try await contacts.forgetPassword(carol) == false)
        #expect(try await contacts.remove(carol) == true)
        #expect(try await contacts.remove(carol) == false)
        #expect(try await contacts.lines().isEmpty)
    }

    @Test func aKeyFolderNamesWhatGivesNothing() async throws {
        let folder = try TemporaryFolder()
        try folder.write("keys/broken.asc", "no certificate\n")
        try folder.write("keys/readme.txt", "not a key\n")
        try folder.write("keys/lost.txt", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
        let work = try WorkFolder()
        defer { work.remove() }
        let keys = try KeyOperations(
            keysFolder: folder.file("keys"), gpgProgram: Self.gpg, gpgTimeoutSeconds: 20, workFolder: work.path)
        let lines = await keys.lines()
        #expect(lines.map(\.file) == ["broken.asc"] && lines.allSatisfy { $0.addresses.isEmpty })
        #expect(keys.ignoredFiles() == ["lost.txt", "readme.txt"])
        let findings = await keys.findings(of: lines)
        #expect(findings.map(\.file) == ["broken.asc", "lost.txt"])
        #expect(findings.last?.text.hasPrefix("lost.txt: not read; hint:") == true)
        let bob = try #require(Mailbox("bob@example.net"))
        #expect(try keys.forgetLearned(bob) == false)
        await keys.close()
    }

    @Test func aMessageForNobodysKeyIsNotEncrypted() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("keys"), withIntermediateDirectories: true)
        let bob = try #require(Mailbox("bob@example.net"))
        let operation = EncryptOperation(
            keysFolder: folder.file("keys"), gpgProgram: Self.gpg, gpgTimeoutSeconds: 20, limits: Limits())
        await #expect(throws: Refusal.self) {
            try await operation.seal(MessageBytes("Subject: x\r\n\r\ny\r\n"), to: [bob], hidesSubject: false)
        }
    }

    @Test func whatIsEncryptedForAKeyIsDecryptedByItsSecret() async throws {
        let folder = try TemporaryFolder()
        let gpg = try TestGPG()
        try folder.write("keys/bob.asc", try gpg.makeKey("bob@example.net"))
        let bob = try #require(Mailbox("bob@example.net"))
        let message = MessageBytes("From: a@example.org\r\nSubject: x\r\n\r\nthe canary sings\r\n")
        let sealed = try await EncryptOperation(
            keysFolder: folder.file("keys"), gpgProgram: Self.gpg, gpgTimeoutSeconds: 20, limits: Limits()
        ).seal(message, to: [bob], hidesSubject: true)
        #expect(!String(decoding: try sealed.copy(), as: UTF8.self).contains("canary"))
        let opened = try await DecryptOperation(gpgProgram: Self.gpg, gpgTimeoutSeconds: 20, limits: Limits()).open(
            sealed, homeFolder: gpg.home)
        #expect(opened.bytes == message && opened.unopened.isEmpty)
    }

    @Test func aMessageInClearCannotBeDecrypted() async throws {
        let operation = DecryptOperation(gpgProgram: Self.gpg, gpgTimeoutSeconds: 20, limits: Limits())
        await #expect(throws: OpeningError.self) {
            try await operation.open(MessageBytes("Subject: x\r\n\r\ny\r\n"), homeFolder: nil)
        }
    }
}
