// The hook: what it is sent, and what failures do. Sockets and programs of our own.

import Foundation
import Logging
import Mail
import NIOPosix
import SettingValues
import Support
import Testing
import Texting

struct HookTests {
    private static func message(_ text: String = "a \"b\" \\ é & = +") throws -> TextMessage {
        TextMessage(number: try #require(PhoneNumber("+33612345689")), text: Secret(text))
    }

    private static func sender(_ hook: TextHook) -> HookSender {
        var sender = HookSender(
            hook, group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        sender.pauseSeconds = 0.01
        return sender
    }

    @Test func textIsEscapedAsTheMediaTypeWants() throws {
        var hook = TextHook(target: .url("https://x.example/"))
        let body = Data(TextTemplate.filled(hook, try Self.message("a \"b\" \\ \n é {number}")).utf8)
        let read = try #require(try JSONSerialization.jsonObject(with: body) as? [String: String])
        #expect(
            read == ["to": "+33612345689", "text": "a \"b\" \\ \n é {number}"], "what is put in is not filled in again")
        hook.contentType = "application/x-www-form-urlencoded"
        hook.body = "to={number}&text={text}&x={other}"
        #expect(
            TextTemplate.filled(hook, try Self.message())
                == "to=%2B33612345689&text=a%20%22b%22%20%5C%20%C3%A9%20%26%20%3D%20%2B&x={other}")
    }

    @Test func aCommandThatIsMissingIsNotTriedAgain() async throws {
        let sender = Self.sender(TextHook(target: .command(["/nowhere/send"]), tries: 5))
        let refusal = await #expect(throws: Refusal.self) {
            try await sender.send(try Self.message(), deadline: .now + .seconds(5))
        }
        #expect(refusal?.isPermanent == false && refusal?.replyCode == 451)
        #expect(refusal?.detail.contains("+33…89") == true && refusal?.detail.contains("612345689") == false)
        #expect(refusal?.publicText.contains("33") == false)
    }

    @Test func triesEndWithTheDeadline() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("slow")
        try "#!/bin/sh\necho x >> \(folder.file("count"))\nsleep 60\n".write(
            toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        let sender = Self.sender(TextHook(target: .command([path]), timeoutSeconds: 30, tries: 5))
        let start = ContinuousClock.now
        // Long enough for a shell to start on a slow machine; a single try without the deadline takes 30 s.
        await #expect(throws: Refusal.self) { try await sender.send(try Self.message(), deadline: .now + .seconds(5)) }
        #expect(ContinuousClock.now - start < .seconds(30))
        await #expect(throws: Refusal.self) { try await sender.send(try Self.message(), deadline: .now - .seconds(1)) }
        let count = try String(contentsOfFile: folder.file("count"), encoding: .utf8)
        #expect(count == "x\n", "once, and not at all behind the deadline")
    }

    @Test(arguments: ["Authorization Bearer x", "Host: x", "A b: c", "Content-Length: 3", "X: a\u{1}b", ": x"])
    func headerFilesAreStrict(line: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("headers")
        try "X-Good: 1\n\(line)\n".write(toFile: path, atomically: true, encoding: .utf8)
        let sender = Self.sender(TextHook(target: .url("http://127.0.0.1:1/"), headerFile: path, tries: 1))
        let refusal = await #expect(throws: Refusal.self) {
            try await sender.send(try Self.message(), deadline: .now + .seconds(5))
        }
        #expect(refusal?.detail.contains("no header field") == true, "\(String(describing: refusal?.detail))")
        #expect(refusal?.detail.contains("Bearer") == false)
    }

    @Test func nobodyThereIsSaid() async throws {
        let sender = Self.sender(TextHook(target: .url("http://127.0.0.1:1/"), tries: 2))
        let refusal = await #expect(throws: Refusal.self) {
            try await sender.send(try Self.message(), deadline: .now + .seconds(5))
        }
        #expect(refusal?.detail.contains("cannot be reached") == true)
    }
}
