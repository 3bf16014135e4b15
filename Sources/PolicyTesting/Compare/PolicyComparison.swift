// Judges every message by two rulesets and collects what differs. The engine and the reader are those of the gateway;
// keys are looked up by the caller, in the features log they are what they were.

package import Extraction
import Foundation
import MIME
package import Mail
package import Policy
package import SettingValues

/// One comparison.
package struct PolicyComparison {
    private let old: Ruleset
    private let new: Ruleset
    private let limits: Limits
    private let nowSeconds: Int64
    private let sinceSeconds: Int64?
    private let fingerprint: @Sendable (String) -> String
    private let extraction: ExtractionPool?

    /// - Parameters:
    ///   - nowSeconds: when mail is judged; a features line is judged at its own time.
    ///   - sinceSeconds: older messages are left out: by their time in the features log, else by the Date field; mail
    ///     without a readable one is never left out.
    ///   - fingerprint: as the features log was written with.
    ///   - extraction: looks into attachments of mail; nil: nobody does.
    package init(
        old: Ruleset, new: Ruleset, limits: Limits, nowSeconds: Int64, sinceSeconds: Int64?,
        extraction: ExtractionPool? = nil, fingerprint: @escaping @Sendable (String) -> String
    ) {
        self.extraction = extraction
        self.old = old
        self.new = new
        self.limits = limits
        self.nowSeconds = nowSeconds
        self.sinceSeconds = sinceSeconds
        self.fingerprint = fingerprint
    }

    /// - Parameter known: looks up the keys of addresses.
    /// - Returns: nil where there is no such file.
    package func run(
        _ source: ComparedSource, known: ([Mailbox]) async -> KnownKeys
    ) async throws -> PolicyDiff? {
        var collector = DiffCollector(old: old, new: new)
        let replays = (
            old: FeatureReplay(old, fingerprint: fingerprint), new: FeatureReplay(new, fingerprint: fingerprint)
        )
        let isThere = try await source.forEach { name, item in
            switch item {
            case .unreadable(let why): collector.unreadable(name, why)
            case .features(let features): replay(name, features, replays, &collector)
            case .mail(let bytes): try await judge(name, bytes, known, &collector)
            }
        }
        return isThere ? collector.finished() : nil
    }

    private func replay(
        _ name: String, _ features: MessageFeatures, _ replays: (old: FeatureReplay, new: FeatureReplay),
        _ collector: inout DiffCollector
    ) {
        if let sinceSeconds, features.timeSeconds < sinceSeconds { return collector.countTooOld() }
        guard let old = replays.old.decisions(features), let new = replays.new.decisions(features) else {
            return collector.unreadable(name, "an address in it is none")
        }
        collector.countMessage()
        for (before, after) in zip(old, new) {
            collector.add("\(name) (\(features.id))", old: JudgedRecipient(before), new: JudgedRecipient(after))
        }
    }

    private func judge(
        _ name: String, _ bytes: MessageBytes, _ known: ([Mailbox]) async -> KnownKeys, _ collector: inout DiffCollector
    ) async throws {
        let header = try readStructure(bytes, limits: limits).header
        if let sinceSeconds, let date = header.first("Date").flatMap({ Self.seconds($0.unfolded) }), date < sinceSeconds
        {
            return collector.countTooOld()
        }
        guard let envelope = HeaderEnvelope.of(header) else {
            return collector.unreadable(name, "its header names no recipient")
        }
        let received = ReceivedMessage(
            envelope: envelope, bytes: bytes, origin: .init(id: "diff", door: .commandLine),
            receivedAtSeconds: nowSeconds)
        let parsed = try read(received, limits: limits)
        let addresses =
            envelope.recipients + (envelope.sender.map { [$0] } ?? []) + old.destinations + new.destinations
        let keys = await known(addresses)
        // Looked into once, where either asks for it.
        let extracted = await AttachmentLook.extract(parsed, new.looksInside ? new : old, extraction)
        let before = decide(parsed, known: keys, rules: old, nowSeconds: nowSeconds, extracted: extracted)
        let after = decide(parsed, known: keys, rules: new, nowSeconds: nowSeconds, extracted: extracted)
        collector.countMessage()
        for (one, other) in zip(before.decisions, after.decisions) {
            collector.add(name, old: JudgedRecipient(one), new: JudgedRecipient(other))
        }
    }

    /// RFC 5322 section 3.3, as most programs write it.
    private static func seconds(_ text: String) -> Int64? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        let plain = text.split(separator: "(").first.map(String.init)?.trimmingCharacters(in: .whitespaces) ?? ""
        for form in ["EEE, d MMM yyyy HH:mm:ss Z", "d MMM yyyy HH:mm:ss Z", "EEE, d MMM yyyy HH:mm Z"] {
            formatter.dateFormat = form
            if let date = formatter.date(from: plain) { return Int64(date.timeIntervalSince1970) }
        }
        return nil
    }
}
