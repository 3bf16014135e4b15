// Who may be answered from a letter (docs/inside/links-protocol.md, section 8): the sender, inside addresses of To and
// Cc, and the other recipients everybody sees to whom this message goes sealed. Never a blind one. Pure.

import Cryptography
package import Links
import MIME
package import Mail
import Policy

/// What letters need so that they can be answered, and that their readers know later messages to be ours.
package struct Answering: Sendable {
    /// How many answers, and how large; nil: letters take none.
    package var limits: AnswerLimits?
    /// Our own domains.
    package var inside: DomainList
    /// The gateway's public key for new contents, 65 bytes, at a time in seconds since 1970.
    package var key: @Sendable (Int64) async throws(Refusal) -> [UInt8]

    package init(
        limits: AnswerLimits?, inside: DomainList, key: @escaping @Sendable (Int64) async throws(Refusal) -> [UInt8]
    ) {
        self.limits = limits
        self.inside = inside
        self.key = key
    }

    /// For letters that nobody keeps, as in a dry run: a pair that is thrown away, and no answers.
    package static let unkept = Answering(limits: nil, inside: DomainList([])) { _ throws(Refusal) in
        do throws(CryptographyError) { return try GatewayKey.make().publicPoint } catch { throw error.refusal }
    }
}

/// One whom an answer may go to.
struct Participant: Equatable {
    let mailbox: Mailbox
    let name: String
    let isSender: Bool

    /// All of a message, the sender first, each once.
    static func all(
        of parsed: ParsedMessage, sender: Mailbox, senderName: String?, _ decisions: [Decision], inside: DomainList
    ) -> [Participant] {
        var all = [Participant(mailbox: sender, name: senderName ?? "", isSender: true)]
        var seen: Set<String> = [sender.folded]
        // Sealed to them by now, so an answer may be too. Who got it in clear, or through another, is left out.
        let sealed = Set(
            decisions.filter { $0.isVisible && $0.outcome.isSeal && $0.effects.redirect == nil }
                .map(\.recipient.folded))
        for field in ["To", "Cc"].flatMap({ parsed.root.header.all($0) }) {
            for named in field.namedMailboxes {
                let mailbox = named.mailbox
                guard all.count < most, inside.contains(mailbox) || sealed.contains(mailbox.folded),
                    !mailbox.hasRoute, seen.insert(mailbox.folded).inserted
                else { continue }
                all.append(Participant(mailbox: mailbox, name: clean(named.name), isSender: false))
            }
        }
        return all
    }

    /// More nobody answers to.
    private static let most = 200

    private static func clean(_ name: String) -> String {
        let plain = name.filter { !$0.isNewline }.split(separator: " ").joined(separator: " ")
        return String(plain.prefix(80))
    }

    /// The mark by which a client knows its own entry: names the letter to who has it, and to nobody else.
    static func mark(of letterID: String) throws(Refusal) -> String {
        do throws(CryptographyError) {
            return Base64URL.encode(try SHA256Digest.of(Array("letterlock/1 participant \(letterID)".utf8)).prefix(16))
        } catch {
            throw error.refusal
        }
    }
}

/// A Message-ID that can be repeated in other mails, with its angle brackets; nil for anything else.
func repeatableMessageID(_ parsed: ParsedMessage) -> String? {
    guard let text = parsed.root.header.first("Message-ID")?.unfolded.split(separator: " ").first.map(String.init),
        text.hasPrefix("<"), text.hasSuffix(">"), !NoticeHead.answering(text).isEmpty
    else { return nil }
    return text
}
