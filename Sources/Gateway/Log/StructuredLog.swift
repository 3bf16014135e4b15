// The one log line of each message, with every part under a name of its own. Addresses, rule names, fingerprints, times
// and the answer; never a subject, content or password.

import Delivery
package import Logging
import Mail
import Policy

/// Writes each record as one structured line.
package struct StructuredLog: MessageLog {
    private let logger: Logger

    package init(_ logger: Logger) { self.logger = logger }

    package func record(_ record: MessageRecord) {
        if record.refusal == nil {
            logger.info("message delivered", metadata: Self.metadata(record))
        } else {
            logger.notice("message not taken", metadata: Self.metadata(record))
        }
    }

    private static func metadata(_ record: MessageRecord) -> Logger.Metadata {
        let times = record.times
        var metadata: Logger.Metadata = [
            "id": "\(record.origin.id)", "door": "\(record.origin.door.rawValue)",
            "client": "\(record.origin.clientAddress)", "helo": "\(record.origin.clientName)",
            "protocol": "\(record.origin.protocolName)",
            "from": "\(record.envelope.sender?.description ?? "")",
            "bytes": .stringConvertible(record.bytes),
            "receivedAt": .stringConvertible(record.receivedAtSeconds),
            "ms": [
                "decide": .stringConvertible(times.decide.milliseconds),
                "seal": .stringConvertible(times.seal.milliseconds),
                "deliver": .stringConvertible(times.deliver.milliseconds),
                "total": .stringConvertible(times.total.milliseconds),
            ],
            "to": .array(record.recipients.map { .dictionary(Self.metadata($0)) }),
            "verdict": "\(record.verdict.rawValue)",
        ]
        if let user = record.origin.user { metadata["user"] = "\(user)" }
        // Decoded, so that an address in it is hashed where addresses are: in xtext its "@" is "+40".
        if let envelopeID = record.envelope.envelopeID {
            metadata["envid"] = "\(Xtext.decode(envelopeID.utf8).map { String(decoding: $0, as: UTF8.self) } ?? "")"
        }
        if record.envelope.requiresTLS { metadata["requiretls"] = .stringConvertible(true) }
        if !record.reported.isEmpty { metadata["reported"] = .array(record.reported.map { "\($0)" }) }
        guard let refusal = record.refusal else {
            metadata["reply"] = "250"
            return metadata
        }
        metadata["reply"] = "\(refusal.replyCode) \(refusal.enhancedCode)"
        metadata["reason"] = "\(refusal.detail)"
        return metadata
    }

    private static func metadata(_ recipient: MessageRecord.Recipient) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["address": "\(recipient.address)"]
        if let verdict = recipient.verdict { metadata["verdict"] = "\(verdict.rawValue)" }
        if let method = recipient.method { metadata["method"] = "\(method.rawValue)" }
        for (name, values) in [
            ("rules", recipient.rules), ("keys", recipient.fingerprints), ("notes", recipient.notes),
            ("effects", recipient.effects), ("watched", recipient.watched),
        ] where !values.isEmpty {
            metadata[name] = .array(values.map { "\($0)" })
        }
        if let result = recipient.result { metadata["result"] = "\(result.word)" }
        if let refusal = recipient.result?.refusal {
            metadata["reply"] = "\(refusal.replyCode) \(refusal.enhancedCode)"
            metadata["reason"] = "\(refusal.detail)"
        }
        return metadata
    }
}

/// Several logs in a row.
package struct MessageLogs: MessageLog {
    private let logs: [any MessageLog]

    package init(_ logs: [any MessageLog]) { self.logs = logs }

    package func record(_ record: MessageRecord) {
        for log in logs { log.record(record) }
    }
}

extension MessageRecord {
    /// The one word for the whole message: `refuse` and `tempfail` as it was answered, else `quarantine` where
    /// it is held back for anybody, else `seal` where anything was
    /// sealed, else `pass`.
    var verdict: Verdict {
        if let refusal { return refusal.isPermanent ? .refuse : .tempfail }
        if recipients.contains(where: { $0.verdict == .quarantine }) { return .quarantine }
        return recipients.contains { $0.verdict == .seal } ? .seal : .pass
    }

    /// `none`, the one method, or `mixed`.
    var method: String {
        let methods = Set(recipients.compactMap(\.method))
        guard verdict == .seal, let first = methods.first else { return "none" }
        return methods.count == 1 ? first.rawValue : "mixed"
    }
}
