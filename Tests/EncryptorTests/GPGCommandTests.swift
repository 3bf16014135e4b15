import Encryptor
import SealWire
import Testing

@Suite struct GPGCommandTests {
    private static let digest = String(repeating: "a1", count: 32)

    @Test func whatIsSentIsRead() throws {
        let request = SealRequest(
            home: "w3", keyboxes: ["\(Self.digest).kbx"],
            recipients: [.fingerprint("8A7B"), .file("\(Self.digest).pgp")])
        #expect(SealRequest(request.packet) == request)
        for answer in [SealAnswer.ended(status: 9), .ended(status: 256), .notStarted(error: 13)] {
            #expect(SealAnswer(answer.packet) == answer)
        }
        let greeting = SealGreeting(lacks: ["this kernel has no Landlock"])
        #expect(SealGreeting(greeting.packet) == greeting)
        #expect(SealGreeting(SealGreeting(lacks: []).packet)?.lacks == [])
    }

    @Test func theLargestRequestFitsIntoAPacket() throws {
        let file = SealRequest.Recipient.file("\(Self.digest).pgp")
        let request = SealRequest(
            home: "w123456789", keyboxes: [], recipients: Array(repeating: file, count: SealRequest.recipientLimit))
        #expect(request.packet.count <= SealRequest.packetBytes)
        #expect(SealRequest(request.packet) == request)
    }

    /// Nothing leads out of the folder, nothing becomes an option, nothing is read into what is no request.
    @Test(arguments: [
        "", "LLS1", "LLS2\nhome w\nkey AA", "LLS1\nhome w", "LLS1\nkey AA", "LLS1\nhome w\nkey ", "LLS1\nhome w\nkey",
        "LLS1\nhome ..\nkey AA", "LLS1\nhome a/b\nkey AA", "LLS1\nhome w\nkeybox ../x.kbx\nkey AA",
        "LLS1\nhome w\nkeybox .x\nkey AA", "LLS1\nhome w\nkey --decrypt", "LLS1\nhome w\nfile /etc/passwd",
        "LLS1\nhome w\nkey AA BB", "LLS1\nhome w\nkey AA\n", "LLS1\nhome w\nhome v\nkey AA",
        "LLS1\nhome w\noption AA\nkey AA", "LLS1\nhome w\nkey \u{0}", "LLS1\r\nhome w\r\nkey AA",
        "LLX1\nhome w\nkey AA",
    ])
    func whatIsNoRequestIsRefused(text: String) {
        #expect(SealRequest(Array(text.utf8)) == nil)
    }

    @Test(arguments: ["", "ended", "ended x", "ended 1 2", "done 0", "ended 99999999999", "error -", "LLS1"])
    func whatIsNoAnswerIsRefused(text: String) { #expect(SealAnswer(Array(text.utf8)) == nil) }

    @Test func moreKeyringsThanGPGTakesAreRefused() {
        let names = (0...SealRequest.keyboxLimit).map { "\($0).kbx" }
        let most = SealRequest(home: "w", keyboxes: Array(names.dropLast()), recipients: [.fingerprint("AA")])
        #expect(SealRequest(most.packet) == most)
        let more = SealRequest(home: "w", keyboxes: names, recipients: [.fingerprint("AA")])
        #expect(SealRequest(more.packet) == nil)
    }

    /// One command: it encrypts. Of a request only names inside of the folder get into it.
    @Test func theCommandEncryptsAndNothingElse() throws {
        let words = GPGCommand.arguments(
            SealRequest(home: "w3", keyboxes: ["k.kbx"], recipients: [.fingerprint("AA"), .file("b.pgp")]),
            folder: "/state")
        #expect(words.starts(with: ["--homedir", "/state/w3", "--no-options"]))
        #expect(words.contains("--encrypt"))
        #expect(Array(words.suffix(4)) == ["--recipient", "0xAA", "--recipient-file", "/state/keys/b.pgp"])
        #expect(words.contains("--no-default-keyring") && !words.contains("--no-keyring"))
        let files = GPGCommand.arguments(
            SealRequest(home: "w3", keyboxes: [], recipients: [.file("b.pgp")]), folder: "/state")
        #expect(files.contains("--no-keyring"))
        for word in ["--decrypt", "--sign", "--import", "--export", "--armor", "--symmetric"] {
            #expect(!words.contains(word))
        }
    }
}
