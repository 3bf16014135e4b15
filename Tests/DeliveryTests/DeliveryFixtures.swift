// What every delivery test needs: outbound messages, a ledger and a letter store in memory, and a relay that is always
// shut down.

import Delivery
import Logging
import Mail
import NIOCore
import NIOPosix
import SASL
import SMTP
import ServiceLifecycle
import Synchronization
import Testing

// The initialisers are internal on purpose: only Sealing may make what leaves. Tests have to.
@testable import Sealing
@testable import Vault

typealias Transmission = OutboundMessage.Transmission

func mailbox(_ text: String) -> Mailbox { Mailbox(text)! }

func transmission(
    _ role: Transmission.Role = .passed, from sender: String? = "alice@example.org", to recipients: [String],
    content: MessageBytes = MessageBytes("Subject: x\r\n\r\nhello\r\n"), eightBit: Bool = false, utf8: Bool = false,
    options: Transmission.Options = .init()
) -> Transmission {
    Transmission(
        role: role, sender: sender.map(mailbox), recipients: recipients.map(mailbox), content: content,
        needs8BitMIME: eightBit, needsSMTPUTF8: utf8, options: options)
}

func outbound(_ transmissions: Transmission...) -> OutboundMessage { outbound(transmissions) }

func outbound(_ transmissions: [Transmission]) -> OutboundMessage {
    OutboundMessage(
        sender: mailbox("alice@example.org"), transmissions: transmissions, contents: [], letters: [])
}

/// A message behind links: one password mail, one notification for each recipient with the letter's id.
func linked(_ letters: [(id: String, recipient: String)]) -> [Transmission] {
    [transmission(.passwordMail(letterIDs: letters.map(\.id)), from: nil, to: ["alice@example.org"])]
        + letters.map { letter in
            transmission(
                .notification(letterID: letter.id), to: [letter.recipient],
                content: MessageBytes("letter \(letter.id)\r\n"))
        }
}

let fingerprint = MessageFingerprint(bytes: [UInt8](repeating: 7, count: 32))

/// A ledger in memory; `isFailing` is a full disk.
final class MemoryLedger: DeliveryLedger {
    struct Rows: Sendable {
        var delivered: Set<String> = []
        var passwordsMailed: Set<String> = []
        var refused: [String: Refusal] = [:]
        var reported: Set<String> = []
        var isFailing = false
        var records = 0
    }
    let rows = Mutex(Rows())
    var now: Rows { rows.withLock { $0 } }

    var isEmpty: Bool {
        rows.withLock {
            $0.delivered.isEmpty && $0.passwordsMailed.isEmpty && $0.refused.isEmpty && $0.reported.isEmpty
        }
    }
    func remembered(sender: Mailbox?, fingerprint: MessageFingerprint) async throws(Refusal) -> RememberedMessage {
        var known = RememberedMessage()
        known.delivered = now.delivered
        known.passwordMailed = now.passwordsMailed
        known.refused = now.refused
        known.reported = now.reported
        return known
    }
    func record(
        sender: Mailbox?, recipients: [Mailbox], refused: [Mailbox: Refusal], fingerprint: MessageFingerprint
    ) async throws(Refusal) {
        guard !now.isFailing else { throw Refusal(.storage, "disk full") }
        rows.withLock { rows in
            rows.records += 1
            rows.delivered.formUnion(recipients.map(\.folded))
            for (recipient, refusal) in refused { rows.refused[recipient.folded] = refusal }
        }
    }
    func reported(sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint) async throws(Refusal) {
        guard !now.isFailing else { throw Refusal(.storage, "disk full") }
        rows.withLock { $0.reported.formUnion(recipients.map(\.folded)) }
    }
    func passwordMailed(sender: Mailbox?, recipients: [Mailbox], fingerprint: MessageFingerprint) async throws(Refusal)
    {
        guard !now.isFailing else { throw Refusal(.storage, "disk full") }
        rows.withLock { $0.passwordsMailed.formUnion(recipients.map(\.folded)) }
    }
}

/// Letter states in memory, with the moves that the real store allows.
final class MemoryLetters: LetterStates {
    enum State: String, Sendable { case pending, notifying, readable, discarded }
    struct Rows: Sendable {
        var states: [String: State] = [:]
        var failures: Set<State> = []
    }
    let rows = Mutex(Rows())

    func keep(_ ids: [String]) { rows.withLock { rows in for id in ids { rows.states[id] = .pending } } }
    subscript(_ id: String) -> State? { rows.withLock { $0.states[id] } }
    var all: [String: State] { rows.withLock { $0.states } }
    func fail(_ states: Set<State>) { rows.withLock { $0.failures = states } }

    func markNotifying(_ id: String) async throws(Refusal) { try move([id], to: .notifying) }
    func makeReadable(_ ids: [String]) async throws(Refusal) { try move(ids, to: .readable) }
    func discard(_ ids: [String]) async throws(Refusal) { try move(ids, to: .discarded) }

    private func move(_ ids: [String], to state: State) throws(Refusal) {
        let isFailing = rows.withLock { rows in
            if rows.failures.contains(state) { return true }
            for id in ids { rows.states[id] = state }
            return false
        }
        if isFailing { throw Refusal(.storage, "disk full") }
    }
}

/// A relay with its hop and stores.
struct Bench: Sendable {
    let hop: ScriptedHop
    let relay: Relay
    let ledger: MemoryLedger
    let letters: MemoryLetters

    /// Delivers with half a minute to go; nil is success for everybody.
    func deliver(
        _ message: OutboundMessage, within time: Duration = .seconds(30),
        fingerprint print: MessageFingerprint? = fingerprint
    ) async -> Refusal? {
        do throws(Refusal) {
            let results = try await fates(message, within: time, fingerprint: print)
            let refusals = results.values.compactMap(\.refusal)
            return refusals.first { !$0.isPermanent } ?? refusals.first
        } catch {
            return error
        }
    }

    /// Delivers and gives the fate of each.
    func fates(
        _ message: OutboundMessage, _ coherence: Coherence = .wholeMessage, within time: Duration = .seconds(30),
        fingerprint print: MessageFingerprint? = fingerprint
    ) async throws(Refusal) -> [Mailbox: Fate] {
        try await relay.deliver(
            message, coherence,
            fingerprint: { () throws(Refusal) in
                guard let print else { throw Refusal(.internalError, "no fingerprint") }
                return print
            }, deadline: .now + time)
    }
}

/// Runs `body` with a relay that leads to a scripted hop, and stops both.
func withBench(
    extensions: [String]? = ScriptedHop.allExtensions, limits: Limits = Limits(), security: HopSecurity? = nil,
    desk: (any LoginDesk)? = nil, settings: (inout NextHopSettings) -> Void = { _ in },
    script: @escaping ScriptedHop.Script = { _ in .usual }, _ body: (Bench) async throws -> Void
) async throws {
    let hop = try await ScriptedHop.start(extensions: extensions, security: security, desk: desk, script: script)
    let ledger = MemoryLedger()
    let letters = MemoryLetters()
    var nextHop = NextHopSettings(address: hop.address)
    settings(&nextHop)
    let relay = Relay(
        nextHop: nextHop, hostname: "gate.example.org", limits: limits, ledger: ledger, letters: letters,
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
        group: MultiThreadedEventLoopGroup.singleton)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await relay.run() }
        do {
            try await body(Bench(hop: hop, relay: relay, ledger: ledger, letters: letters))
        } catch {
            group.cancelAll()
            throw error
        }
        group.cancelAll()
    }
    try await hop.stop()
}

extension Refusal {
    /// Code and enhanced code, for short comparisons.
    var codes: String { "\(replyCode) \(enhancedCode)" }
}

/// Waits until something that must happen has happened; ten seconds are for a machine under load.
func eventually(_ condition: () -> Bool) async throws {
    for _ in 1...5000 {
        if condition() { return }
        try await Task.sleep(for: .milliseconds(2))
    }
    Issue.record("it never happened")
}
