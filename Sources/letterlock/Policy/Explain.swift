// `letterlock policy explain`: one message, each rule, the plan, and the mail that would be sent.

import ArgumentParser
import Extraction
import Foundation
import Gateway
import Mail
import Operations
import Policy
import PolicyTesting
import Settings
import SettingValues

extension PolicyCommand {
    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show for one message what each rule saw, what would happen, and the mail that would be sent.",
            discussion: """
                Digits are masked. Nothing is sent; what would be sealed is sealed with the given keys and shown by \
                its \
                header and structure. Exit code 1 where the message would be refused.
                """)
        @Option(name: .long, help: "Folder of rules. Default: the settings' `policy`, else ./policy.") var policy:
            String?
        @Option(name: .long, help: "Folder of certificates. Default: the settings' `keys`.") var keys: String?
        @Option(name: .long, help: "Envelope sender; <> is the null sender.") var from: String
        @Option(name: .long, parsing: .upToNextOption, help: "Envelope recipients.") var to: [String]
        @Option(name: .long, help: "Judge as at this time: 2026-01-31 or 2026-01-31T12:00:00Z. Default: now.")
        var at: String?
        @Option(name: .long, help: "As if this user had logged in.") var user: String?
        @Option(name: .long, help: "As if it came from this address.") var client: String?
        @Option(name: .long, help: "As if it came by this listener, as the settings name it.") var listener: String?
        @Flag(name: .long, help: "Write JSON.") var json = false
        @Option(name: .long, help: "Write a page to this file too.") var html: String?
        @Flag(name: .long, help: "Write the mail itself that would be sent, unmasked, after the text.") var showMail =
            false
        @OptionGroup var settings: SettingsOption
        @Argument(help: "Message file; stdin where missing or -.") var file: String?

        func run() async throws {
            let loaded = try settings.load()
            let (recipients, file) = try Recipients.read(to, file: file)
            let message = try Console.readMessage(file, limits: loaded.limits)
            let sender = Mailbox(from)
            guard sender != nil || from == "<>" || from.isEmpty else {
                throw Stop(.usage, "--from \"\(from)\" is no mail address: \(Mailbox.fault(in: from))")
            }
            let configuration = GatewayConfiguration(loaded)
            if settings.file == nil {
                Console.note(
                    "no settings file: `inside` is empty, so nobody counts as one of ours; name one with --config")
            }
            let ruleset = try PolicyCommand.rules(policy ?? loaded.policy, configuration)
            let received = ReceivedMessage(
                envelope: Envelope(sender: sender, recipients: recipients), bytes: message, origin: origin,
                receivedAtSeconds: try at.map(PolicyTime.seconds) ?? Int64(Date().timeIntervalSince1970))
            let (report, mail) = try await PolicyCommand.withKeys(keys ?? loaded.keys, configuration) { keyring in
                try await explained(received, ruleset, keyring, configuration)
            }
            if let html { try PolicyCommand.write(report.html, to: html) }
            if json { try Console.json(report) } else { Console.out(report.text) }
            if showMail {
                for one in mail.transmissions {
                    Console.out(
                        "\n----- \(one.role): from <\(one.sender)> to \(one.recipients.joined(separator: ", "))")
                    try Console.out(one.content)
                }
            }
            guard report.accepted else { throw Stop(.no, "the message would be refused") }
        }

        /// A user can only have logged in at an SMTP door.
        private var origin: ReceivedMessage.Origin {
            var origin = ReceivedMessage.Origin(
                id: "explain", clientAddress: client ?? "",
                door: user == nil && client == nil && listener == nil ? .commandLine : .smtp, user: user)
            origin.listener = listener ?? ""
            return origin
        }

        private func explained(
            _ received: ReceivedMessage, _ rules: Ruleset, _ keyring: KeyOperations,
            _ configuration: GatewayConfiguration
        ) async throws -> (ExplanationReport, OutgoingPreview) {
            let envelope = received.envelope
            let known = await keyring.known(
                envelope.recipients + (envelope.sender.map { [$0] } ?? []) + rules.destinations)
            do throws(Refusal) {
                let extraction = configuration.settings.extract
                // Only where a gateway has been: explaining makes nothing.
                let state = configuration.settings.state
                let hasContacts = FileManager.default.fileExists(atPath: "\(state)/gateway/gateway.db")
                let contacts = hasContacts ? try ContactOperations(stateFolder: state) : nil
                let conversation =
                    rules.asksConversation
                    ? try await contacts?.conversation(of: received, limits: configuration.settings.limits) : nil
                let explanation = try await ExplanationReport.judge(
                    received, known: known, rules: rules, limits: configuration.settings.limits,
                    extraction: extraction.isOn ? ExtractionPool(extraction) : nil,
                    contacts: try await contacts?.known(envelope.recipients + rules.redirects) ?? KnownContacts(),
                    conversation: conversation ?? .notKnownHere)
                let mail = await keyring.outgoing(explanation.decided, configuration)
                return (ExplanationReport(explanation, outgoing: mail, limits: configuration.settings.limits), mail)
            } catch {
                throw Stop(error, doing: "reading the message")
            }
        }
    }
}
