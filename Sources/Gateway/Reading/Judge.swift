// What judging needs under one configuration: limits, rules, and who looks into attachments and takes features down.
// Refuses what must not come as far as the rules.

import Extraction
import MIME
import Mail
import Policy
import SettingValues

/// Reads and judges messages.
struct Judge: Sendable {
    let limits: Limits
    let rules: Ruleset
    /// Shared by all configurations of a gateway: what it bounds is the memory of the process.
    let gate: ReadingGate
    var attachments = AttachmentReading.none
    var features = FeatureLogging.none

    /// Waits until a large message may be read.
    /// - Throws: a ``Refusal`` of cause `deadline`.
    func enter(_ bytes: Int, _ errand: Errand) async throws(Refusal) {
        var seconds = limits.replySeconds
        if case .milter = errand.origin { seconds = limits.milterReplySeconds }
        // Half of the time is for the rest of the way.
        try await within(.now + .seconds(seconds / 2)) { [gate] () async throws(Refusal) in try await gate.enter(bytes)
        }
    }

    /// The message as its readers will see it.
    /// - Throws: a ``Refusal`` for mail in circles, headers that cannot be read whole, addresses with routes, and names
    ///   in From that the user who logged in may not write there.
    func read(_ received: ReceivedMessage) throws(Refusal) -> ParsedMessage {
        let parsed = try MIME.read(received, limits: limits)
        try refuseLoop(parsed)
        try refuseUnreadHeader(parsed)
        try refuseRoutes(received.envelope)
        try refuseForeignFrom(parsed)
        return parsed
    }

    /// The plan; where the errand is one for the features log, its features are taken down.
    func decide(_ parsed: ParsedMessage, _ facts: LookedUp, _ errand: Errand) -> DecidedMessage {
        let now = parsed.received.receivedAtSeconds
        guard errand.isRecorded, case .log(let features) = features else {
            return Policy.decide(
                parsed, known: facts.known, rules: rules, nowSeconds: now, extracted: facts.extracted,
                contacts: facts.contacts, released: errand.released != nil, isAnswer: errand.isAnswer,
                readers: facts.readers, linkDoubt: facts.linkDoubt, conversation: facts.conversation)
        }
        let judged = decideAndRecord(
            parsed, known: facts.known, rules: rules, nowSeconds: now, extracted: facts.extracted,
            contacts: facts.contacts, readers: facts.readers, linkDoubt: facts.linkDoubt,
            conversation: facts.conversation, recorder: features.recorder)
        features.log.append(judged.features)
        return judged.decided
    }
}

/// Whether attachments are looked into.
enum AttachmentReading: Sendable {
    case none
    case pool(ExtractionPool)

    /// What attachments hold, where any rule asks for it.
    func extract(_ parsed: ParsedMessage, for rules: Ruleset) async -> ExtractedParts {
        guard rules.looksInside, case .pool(let pool) = self else { return ExtractedParts() }
        return await pool.extract(parsed)
    }
}
