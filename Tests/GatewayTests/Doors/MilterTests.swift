// The whole way through the milter door: edits in place, splitting, and what a retry finds.

import Foundation
import Gateway
import Mail
import Operations
import Sealing
import SettingValues
import Support
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct MilterTests {
    static let splitting = TestOptions(milterSplits: true)

    private func held(_ message: String, to recipients: String...) -> HeldMessage {
        HeldMessage(message, to: recipients)
    }

    /// What `letterlock decrypt` makes of a message.
    private func opened(_ message: HeldMessage, _ gateway: RunningTest) async throws -> String {
        let opening = DecryptOperation(gpgProgram: "/usr/bin/gpg", gpgTimeoutSeconds: 20, limits: Limits())
        let bytes = try await opening.open(MessageBytes(message.text), homeFolder: gateway.gpg.home).bytes
        return String(decoding: try bytes.copy(), as: UTF8.self)
    }

    /// Fields of a message without those that must go, in any order.
    private func fields(_ message: String, without gone: Set<String> = []) -> [String] {
        HeldMessage(message, to: []).fields.filter { !gone.contains($0.name.lowercased()) }
            .map { "\($0.name):\($0.value)" }.sorted()
    }

    @Test func whatPassesIsNotEdited() async throws {
        try await withGateway { gateway in
            let message = held(Samples.plain(subject: "hello", body: "x"), to: "bob@example.net", "carol@example.net")
            let result = try await handOver(message, port: gateway.milterPort)
            #expect(result.answer == "accepted" && result.message == message)
            #expect(gateway.sink.messages.isEmpty)
        }
    }

    @Test func onlyTheBlindFieldGoes() async throws {
        try await withGateway { gateway in
            let text = Samples.plain(subject: "hello", body: "x", extra: "bcc: dora@example.net\r\nBcc:\r\n")
            let result = try await handOver(held(text, to: "bob@example.net"), port: gateway.milterPort)
            #expect(result.message.text == text.replacingOccurrences(of: "bcc: dora@example.net\r\nBcc:\r\n", with: ""))
        }
    }

    @Test func aRefusalIsTheReply() async throws {
        try await withGateway(TestOptions(links: false)) { gateway in
            let message = held(Samples.plain(subject: "[secure] x", body: "x"), to: "nokey@example.net")
            let result = try await handOver(message, port: gateway.milterPort)
            #expect(result.answer.hasPrefix("550 5.7.1") && result.answer.contains("nokey@example.net"))
        }
    }

    /// Messages as they come, well-formed or not: what the MTA holds after the edits opens to what came in.
    @Test func whatIsSealedOpensToWhatCameIn() async throws {
        let head =
            "From: =?utf-8?Q?Al=C3=AFce?= <alice@example.org>\r\nTo: bob@example.net\r\n"
            + "Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n  =?utf-8?Q?_folded?=\r\nX-Odd:no space\r\nX-Empty:\r\n"
            + "Message-ID: <1@example.org>\r\nX-Twice: one\r\nx-twice:\ttwo\r\n"
        let entities: [String] = [
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Content-Transfer-Encoding: 8bit\r\n\r\nGr\u{fc}\u{df}e\r\n",
            "\r\nno MIME at all\r\n",
            "content-TYPE:text/html\r\nContent-Language: en\r\nX-Other: after\r\n\r\n<p>x</p>\r\n",
            "Content-Type: multipart/mixed;\r\n\tboundary=\"a b\"\r\n\r\n"
                + "pre\r\n--a b\r\n\r\none\r\n--a b--\r\nepilogue\r\n\r\n",
            "Content-Type: nonsense\r\n\r\nunreadable type\r\n",
            "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\ntwo types\r\n",
            "Content-Transfer-Encoding: base64\r\nContent-Type: text/plain\r\nMIME-Version: 1.0\r\n\r\naGVsbG8=\r\n",
            "Content-Type: text/plain\r\n\r\n.dots\r\n..\r\nFrom here\r\n\r\nno line end",
            "DKIM-Signature: v=1; d=example.org;\r\n\tb=abc\r\nBcc: eve@example.net\r\n"
                + "Content-Type: text/plain\r\n\r\nx\r\n",
        ]
        try await withGateway(TestOptions(policy: Self.sealAll)) { gateway in
            try gateway.addKey("bob@example.net")
            for entity in entities {
                let text = head + entity
                let result = try await handOver(held(text, to: "bob@example.net"), port: gateway.milterPort)
                #expect(result.answer == "accepted")
                let sealed = result.message
                #expect(sealed.recipients == ["bob@example.net"])
                #expect(sealed.fields.filter { $0.name.lowercased() == "content-type" }.count == 1)
                #expect(sealed.text.contains("multipart/encrypted"))
                #expect(!sealed.text.contains("Letterlock) with"), "the MTA writes its own Received field")
                let back = try await opened(sealed, gateway)
                #expect(
                    fields(back) == fields(text, without: ["dkim-signature", "bcc"]),
                    "\(entity.prefix(60).debugDescription)")
                #expect(HeldMessage(back, to: []).body == HeldMessage(text, to: []).body)
            }
        }
    }

    static let sealAll = """
        version: 1
        defaults: { protect: none, with: [pgp, link] }
        rules:
          - id: hidden
            when: { subject: '^\\[hide\\]' }
            then: { protect: required, with: [pgp], hide-subject: true }
          - id: all
            when: { recipient: { not-in: inside } }
            then: { protect: required }
        """

    /// Random headers, with fields that go, come, and are written anew.
    @Test func randomHeaders() async throws {
        var random = SystemRandomNumberGenerator()
        let names = [
            "X-A", "x-a", "Subject", "Bcc", "Resent-Bcc", "DKIM-Signature", "Received", "Comments", "Keywords",
            "Content-Disposition", "MIME-Version", "Content-Transfer-Encoding", "Content-Language",
        ]
        let values = [" 1", " two words", "", " ", "tight", " a\r\n b", " text/plain", " 1.0", " 7bit"]
        var messages: [String] = []
        for _ in 0..<30 {
            var text = "From: alice@example.org\r\nTo: bob@example.net\r\n"
            if Bool.random(using: &random) { text += "Subject: [hide] it\r\n" }
            for _ in 0..<Int.random(in: 0...10, using: &random) {
                text += "\(names.randomElement(using: &random)!):\(values.randomElement(using: &random)!)\r\n"
            }
            // Where this cannot be read there is no header protection, and a hidden subject is gone for good.
            if Bool.random(using: &random) { text += "content-type: text/plain;\r\n charset=utf-8\r\n" }
            messages.append(text + "\r\nbody \(Int.random(in: 0...99, using: &random))\r\n")
        }
        let all = messages
        try await withGateway(TestOptions(policy: Self.sealAll)) { gateway in
            try gateway.addKey("bob@example.net")
            for text in all {
                let result = try await handOver(held(text, to: "bob@example.net"), port: gateway.milterPort)
                guard result.answer == "accepted" else {
                    Issue.record("\(result.answer): \(text.debugDescription)")
                    continue
                }
                let back = try await opened(result.message, gateway)
                #expect(HeldMessage(back, to: []).body == HeldMessage(text, to: []).body)
                let gone: Set<String> = ["bcc", "resent-bcc", "dkim-signature"]
                #expect(fields(back) == fields(text, without: gone), "\(text.debugDescription)")
            }
        }
    }

    @Test func largeMessages() async throws {
        try await withGateway(TestOptions(policy: Self.sealAll)) { gateway in
            try gateway.addKey("bob@example.net")
            let text = Samples.plain(
                subject: "x", body: String(repeating: "0123456789abcdef0123456789abcdef\r\n", count: 60_000))
            let result = try await handOver(held(text, to: "bob@example.net"), port: gateway.milterPort)
            #expect(result.answer == "accepted")
            #expect(
                try await HeldMessage(opened(result.message, gateway), to: []).body == HeldMessage(text, to: []).body)
        }
    }

    // MARK: Splitting

    private func mixed(_ gateway: RunningTest) throws -> HeldMessage {
        for name in ["bob", "dora"] { try gateway.addKey("\(name)@example.net") }
        return held(
            Samples.plain(subject: "x", body: "secret", to: "bob@example.net, alex@example.org"), to: "bob@example.net",
            "dora@example.net", "alex@example.org", "anna@example.org")
    }

    @Test func whatNeedsSeveralBodiesIsPutOff() async throws {
        try await withGateway(TestOptions(policy: Self.sealAll)) { gateway in
            let message = try mixed(gateway)
            let result = try await handOver(message, port: gateway.milterPort)
            #expect(result.answer.hasPrefix("451 4.7.1") && result.answer.contains("separately"))
            #expect(gateway.sink.messages.isEmpty)
            let link = held(Samples.plain(subject: "x", body: "y"), to: "nokey@example.net")
            #expect(try await handOver(link, port: gateway.milterPort).answer.hasPrefix("451 4.7.1"))
        }
    }

    @Test func theLargestGroupStaysAndTheOthersAreHandedOn() async throws {
        var options = Self.splitting
        options.policy = Self.sealAll
        try await withGateway(options) { gateway in
            let message = try mixed(gateway)
            let result = try await handOver(message, port: gateway.milterPort)
            #expect(result.answer == "accepted")
            #expect(result.message.recipients == ["alex@example.org", "anna@example.org"])
            #expect(result.message.text == message.text)
            let sent = gateway.sink.messages
            #expect(
                sent.map { $0.envelope.recipients.map(\.description) } == [["bob@example.net"], ["dora@example.net"]])
            for sealed in sent {
                let text = String(decoding: try sealed.bytes.copy(), as: UTF8.self)
                #expect(text.hasPrefix("Received: from client.example.org ([192.0.2.1])") && !text.contains("secret"))
                let payload = String(decoding: try gateway.gpg.decrypt(SealTests.armor(sealed)), as: UTF8.self)
                #expect(payload.hasSuffix("\r\n\r\nsecret\r\n"))
            }
            // The answer was written, so nothing is remembered: the same message is another one.
            try await eventually { try await handOver(message, port: gateway.milterPort).answer == "accepted" }
            #expect(gateway.sink.messages.count == 4)
        }
    }

    @Test func aMessageForLinksAloneIsDiscarded() async throws {
        var options = Self.splitting
        options.policy = Self.sealAll
        try await withGateway(options) { gateway in
            let message = held(
                Samples.plain(subject: "x", body: "secret"), to: "one@example.com", "two@example.com")
            let result = try await handOver(message, port: gateway.milterPort)
            #expect(result.answer == "discarded")
            #expect(
                gateway.sink.messages.map { $0.envelope.recipients.map(\.description) } == [
                    ["alice@example.org"], ["one@example.com"], ["two@example.com"],
                ])
            for sent in gateway.sink.messages {
                #expect(!String(decoding: try sent.bytes.copy(), as: UTF8.self).contains("secret"))
            }
        }
    }

    @Test func aFailedHandOverChangesNothingAndARetryDoesNotSendTwice() async throws {
        var options = Self.splitting
        options.policy = Self.sealAll
        try await withGateway(options) { gateway in
            let message = try mixed(gateway)
            gateway.sink.refuse { _, number in number == 0 ? Refusal(.busy, "not now") : nil }
            let first = try await handOver(message, port: gateway.milterPort)
            #expect(first.answer.hasPrefix("451") && gateway.sink.messages.isEmpty)
            gateway.sink.refuse { _, number in number == 1 ? Refusal(.busy, "not now") : nil }
            let second = try await handOver(message, port: gateway.milterPort)
            #expect(second.answer.hasPrefix("4"))
            #expect(gateway.sink.messages.count == 1)
            gateway.sink.refuse(nil)
            let third = try await handOver(message, port: gateway.milterPort)
            #expect(third.answer == "accepted" && third.message.recipients == ["alex@example.org", "anna@example.org"])
            #expect(
                gateway.sink.messages.map { $0.envelope.recipients.map(\.description) } == [
                    ["bob@example.net"], ["dora@example.net"],
                ])
        }
    }

    /// The MTA goes away before it has our last word, after the others were handed on.
    @Test func whatWasHandedOnIsRememberedUntilTheMTAHasTheAnswer() async throws {
        var options = Self.splitting
        options.policy = Self.sealAll
        try await withGateway(options) { gateway in
            try gateway.addKey("bob@example.net")
            let message = held(
                Samples.plain(subject: "x", body: "secret"), to: "bob@example.net", "alex@example.org",
                "anna@example.org")
            let isUnderWay = Flag()
            gateway.sink.refuse { _, _ in
                isUnderWay.raise()
                Thread.sleep(forTimeInterval: 0.5)
                return nil
            }
            try await onThread {
                let wire = try MilterWire(gateway.milterPort)
                try wire.open()
                try wire.envelope(from: "alice@example.org", to: message.recipients)
                for field in message.fields { try wire.texts("L", field.name, field.value) }
                try wire.send("B", Array(message.body.utf8))
                try wire.send("E")
                while !isUnderWay.isRaised { Thread.sleep(forTimeInterval: 0.01) }
            }
            try await eventually { gateway.sink.messages.count == 1 }
            gateway.sink.refuse(nil)
            try await Task.sleep(for: .milliseconds(300))
            let retry = try await handOver(message, port: gateway.milterPort)
            #expect(retry.answer == "accepted" && retry.message.recipients == ["alex@example.org", "anna@example.org"])
            #expect(gateway.sink.messages.count == 1, "not twice")
        }
    }

    @Test func gpgFailingIsTemporary() async throws {
        try await withGateway(TestOptions(policy: Self.sealAll)) { gateway in
            try gateway.addKey("bob@example.net")
            let good = held(Samples.plain(subject: "x", body: "secret"), to: "bob@example.net")
            #expect(try await handOver(good, port: gateway.milterPort).answer == "accepted")
        }
        let folder = try TemporaryFolder()
        let script = try folder.writeProgram(
            "gpg", "#!/bin/sh\ncase \" $* \" in *\" --encrypt \"*) exit 2 ;; esac\nexec gpg \"$@\"\n")
        try await withGateway(TestOptions(policy: Self.sealAll, gpgProgram: script)) { gateway in
            try gateway.addKey("bob@example.net")
            let message = held(Samples.plain(subject: "x", body: "secret"), to: "bob@example.net")
            let result = try await handOver(message, port: gateway.milterPort)
            #expect(result.answer.hasPrefix("451") && gateway.sink.messages.isEmpty)
        }
    }
}

/// Something that one thread says and another sees.
private final class Flag: Sendable {
    private let raised = Mutex(false)
    var isRaised: Bool { raised.withLock { $0 } }
    func raise() { raised.withLock { $0 = true } }
}

/// Waits until something that must come true has; the minute only ends a hang.
private func eventually(_ condition: () async throws -> Bool) async throws {
    for _ in 1...3000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("it never happened")
}
