// The way of one message, from what was received to what leaves. Open this file first; docs/inside/flow.md walks it
// with names.
//
//     read      MIME        what it is: structure, texts, byte ranges                    pure
//     look up   OpenPGP     who has a key: the only look-up                              files, gpg
//               Vault       contacts, letters of its conversation                        databases
//               Extraction  what attachments hold, where a rule asks for it              child processes
//     decide    Policy      what happens to each recipient, and why                      pure, cannot fail
//     walk      Step        seal, hold, keep, send, tell: those steps that the errand has
//
// A message changes type at each step, and only the module whose step it is can make the next type, so no step can be
// left out. Nothing is sent before everything is decided and sealed.
//
// Every door comes through here: SMTP, LMTP, milters, answers from behind links, releases from the quarantine and the
// dry run of the policy harness. What differs between them is their ``Errand``.

package import Mail
import OpenPGP
package import Policy
import Sealing
import SettingValues
import Texting
import Vault

/// What is done with a decided message, in this order. Which of these steps an errand has is said by ``Errand/steps``.
enum Step: Sendable, CaseIterable {
    /// An answer goes outside sealed or not at all.
    case check
    /// What earlier tries have left is remembered.
    case recall
    /// What the plan refuses is refused, while the message is still whole.
    case refuse
    /// A milter that may not split refuses what needs several bodies.
    case oneForm
    /// OpenPGP or a locked letter, checked.
    case seal
    /// Message-IDs of what is protected are noted, so that what answers it is protected, too.
    case note
    /// What a milter's MTA sends on itself is taken out of what we send, and becomes edits.
    case edit
    /// Held back for an officer, sealed to the officer's key.
    case hold
    /// Letters behind links are kept, still pending.
    case keep
    /// The next hop takes what leaves.
    case send
    /// Delivery receipts that rules ask for.
    case receipts
    /// What the milter's MTA keeps counts as delivered.
    case entrust
    /// The sender is told for whom a password in the message was not needed.
    case unused
    /// All fates become the one reply, and a report where it needs one.
    case conclude
}

/// What the path looks up and writes down, beside letters.
typealias PathLedger = Deliveries & Contacts & Conversations & LetterOwners & QuarantineStore

/// The path with what its steps need, under one configuration.
package struct MessagePath: Sendable {
    let judge: Judge
    let keyring: Keyring
    let sealer: Sealer
    let letters: any GatewayLetters
    let ledger: any PathLedger
    let relay: any WayOut
    var texts: any TextSender = NoTexts()
    var quarantine = Quarantine.none
    var links = LinkService.none
    var terms = Terms()

    /// Reads, looks up and decides: the plan for every recipient, before a byte is touched.
    /// - Throws: a ``Refusal`` of cause `storage` where the bytes cannot be read back, `mailLoop` where it goes in
    ///   circles,
    ///   `deadline` where too many large messages were before it.
    package func decide(_ received: ReceivedMessage, _ errand: Errand) async throws(Refusal) -> DecidedMessage {
        let bytes = received.bytes.count
        guard bytes > judge.limits.memoryBytes else { return try await plan(received, errand) }
        try await judge.enter(bytes, errand)
        defer { judge.gate.leave(bytes) }
        return try await plan(received, errand).withoutTexts()
    }

    private func plan(_ received: ReceivedMessage, _ errand: Errand) async throws(Refusal) -> DecidedMessage {
        let parsed = try judge.read(received)
        let facts = try await lookUp(parsed, errand)
        return judge.decide(parsed, facts, errand)
    }

    /// Walks the steps of a message's errand, up to the first that refuses it.
    ///
    /// Over SMTP a message is all or nothing until the next hop has accepted a first part; from then on it is 250 once
    /// each recipient is served, or refused for good and named in a report to the sender. Over LMTP each recipient has
    /// a reply of its own.
    /// - Parameters:
    ///   - deadline: when the reply must be ready; what is under way then is aborted.
    ///   - times: of the steps before this one.
    /// - Returns: what has become of the message, also where it was refused; what was delivered before a refusal is in
    ///   the ledger, so that a retry sends only what is missing.
    package func walk(
        _ plan: DecidedMessage, _ errand: Errand, deadline: ContinuousClock.Instant, times: StepTimes = StepTimes()
    ) async -> Run {
        var run = Run(self, plan, errand, deadline: deadline, times: times)
        do throws(Refusal) {
            for step in errand.steps { try await run.take(step) }
        } catch {
            await run.end(with: error)
        }
        return run
    }
}
