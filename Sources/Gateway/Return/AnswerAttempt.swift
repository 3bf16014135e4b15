// One try of one answer, from the sealed items to its outcome. Everything that is opened here is a stranger's.

import Cryptography
import Delivery
import Links
import Logging
import MIME
import Mail
import Policy
import Sealing
import Vault

/// One answer in hand.
struct AnswerAttempt: Sendable {
    let waiting: WaitingAnswer
    let path: MessagePath
    let desk: AnswerContext
    let letters: LetterStore
    let ledger: Ledger
    let nowSeconds: Int64

    /// What comes of a try.
    enum Outcome: Sendable {
        /// It does not open: not made by a reader of this letter, or altered.
        case unknown
        /// Larger than any answer may be; not opened.
        case tooLarge
        /// Its reader has sent enough for now; seconds to wait.
        case waits(Int64)
        /// A temporary failure, after so many tries.
        case putOff(Refusal, tries: Int)
        case done(Verdict)
    }

    /// What has become of it for good.
    struct Verdict: Sendable {
        let state: AnswerState
        /// It counts among the answers that the letter may have.
        var isCounted = false
        var messageID: String?
        var linkSecret: String?
        /// For the log: addresses and rules.
        var about: Logger.Metadata = [:]
        /// What is to be done once it has been written down.
        var forget: @Sendable () async -> Void = {}

        static func refused(_ reason: String, _ said: String? = nil) -> Verdict {
            Verdict(state: .refused(reason: reason, said: said))
        }
    }

    /// A pause where a reader has sent too much, in seconds.
    private static let throttleSeconds: Int64 = 600

    /// - Throws: a ``Refusal`` of cause `storage` where the databases fail.
    func outcome() async throws(Refusal) -> Outcome {
        let id = waiting.id
        guard Base64URL.decode(id.letter)?.count == 16, Base64URL.decode(id.answer)?.count == 16,
            !waiting.items.isEmpty, let conversation = try await ledger.conversation(id.letter),
            let opener = try await ledger.answerOpener(id, of: conversation)
        else { return .unknown }
        let known = try await ledger.takenAnswer(id)
        guard waiting.items.count <= desk.limits.files + 1,
            waiting.items.reduce(0, { $0.addingReportingOverflow($1).partialValue }) <= desk.limits.bytes,
            waiting.items.allSatisfy({ $0 <= desk.limits.bytes }), waiting.items[0] <= Self.mostSealedHead
        else { return .tooLarge }
        if known == nil, try await isThrottled(conversation) { return .waits(Self.throttleSeconds) }
        let spool = desk.spool.derived.shared()
        guard let plain = try await opened(0, opener, spool),
            let head = AnswerHead(json: try plain.copy(), most: desk.limits.files)
        else { return .unknown }
        guard let taken = try await ledger.takeAnswer(id, nowSeconds: nowSeconds) else { return .unknown }
        Failpoint.reach("answer.taken")
        do throws(Refusal) {
            var verdict = try await verdict(head, taken, conversation, opener, spool)
            verdict.linkSecret = head.linkSecret
            verdict.about["from"] = "\(conversation.recipient)"
            return .done(verdict)
        } catch {
            guard nowSeconds - taken.takenAtSeconds < Retries.giveUpSeconds else {
                var verdict = Verdict.refused("undeliverable")
                verdict.about = ["from": "\(conversation.recipient)", "reason": "\(error.detail)"]
                return .done(verdict)
            }
            return .putOff(error, tries: taken.tries)
        }
    }

    private static var mostSealedHead: Int { AnswerItems.sealedBytes(of: AnswerHead.mostBytes) }

    private func isThrottled(_ conversation: Conversation) async throws(Refusal) -> Bool {
        let reader = Mailbox(conversation.recipient)?.folded ?? conversation.recipient.lowercased()
        return try await ledger.answersTaken(from: reader, sinceSeconds: nowSeconds - 3600) >= desk.perHour
    }

    /// The plaintext of an item; nil where it does not open.
    private func opened(
        _ number: Int, _ opener: AnswerOpener, _ spool: SpoolPolicy
    ) async throws(Refusal) -> MessageBytes? {
        guard
            let sealed = try await letters.item(
                number, of: waiting.id, bytes: waiting.items[number], spool: spool)
        else { return nil }
        do {
            return try opener.open(sealed, number: number, spool: spool)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            return nil
        }
    }

    /// All files, in order; nil where one does not open, or is not as long as the head says.
    private func files(
        _ head: AnswerHead, _ opener: AnswerOpener, _ spool: SpoolPolicy
    ) async throws(Refusal) -> [MessageBytes]? {
        guard head.files.count == waiting.items.count - 1 else { return nil }
        var files: [MessageBytes] = []
        for (place, told) in head.files.enumerated() {
            guard let file = try await opened(place + 1, opener, spool), file.count == told.bytes else { return nil }
            files.append(file)
        }
        return files
    }

    private func verdict(
        _ head: AnswerHead, _ taken: TakenAnswer, _ conversation: Conversation, _ opener: AnswerOpener,
        _ spool: SpoolPolicy
    ) async throws(Refusal) -> Verdict {
        guard let files = try await files(head, opener, spool) else { return .refused("damaged") }
        switch head.kind {
        case .special(let kind, let stretched):
            return try await special(kind, stretched, files, head, taken, conversation)
        case .answer(let to, let subject, let text):
            // What was tried before may be partly out: it goes on, also where others have taken the last place meanwhile.
            guard taken.tries > 0 || conversation.answersSent < conversation.answersAllowed else {
                return .refused("too-many")
            }
            guard let reader = Mailbox(conversation.recipient), let to = Self.recipients(to, conversation, reader)
            else { return .refused("address") }
            let mail = AnswerMail(
                from: desk.from, reader: reader, to: to, subject: subject, text: text,
                files: zip(head.files, files).map { AnswerMail.File(name: $0.name, type: $0.type, content: $1) },
                inReplyTo: conversation.messageID, token: taken.token, hostname: desk.hostname,
                dateSeconds: taken.takenAtSeconds, note: note(to: to))
            return try await send(mail, taken, spool)
        }
    }

    private func special(
        _ kind: SpecialAnswer.Kind, _ stretched: SecretBytes?, _ files: [MessageBytes], _ head: AnswerHead,
        _ taken: TakenAnswer, _ conversation: Conversation
    ) async throws(Refusal) -> Verdict {
        let answer: SpecialAnswer
        switch kind {
        case .key: answer = .key(certificate: try files.first?.copy() ?? [])
        case .keepPassword:
            guard let stretched, let secret = head.linkSecret ?? conversation.linkSecret else {
                return .refused("damaged")
            }
            answer = .keepPassword(stretched: stretched, linkSecret: secret)
        case .forgetPassword: answer = .forgetPassword
        }
        guard let handler = desk.handlers[kind] else { return .refused(kind == .key ? "key" : "undeliverable") }
        let verdict: SpecialVerdict
        do throws(Refusal) {
            verdict = try await handler.take(
                answer, taken, from: conversation, languageCode: head.languageCode, path: path, nowSeconds: nowSeconds)
        } catch {
            guard error.isPermanent else { throw error }
            verdict = .refused(reason: kind == .key ? "key" : "undeliverable")
        }
        var made: Verdict
        switch verdict {
        case .done: made = Verdict(state: .sent)
        case .refused(let reason, let text): made = .refused(reason, text)
        }
        made.about["kind"] = "\(kind.rawValue)"
        return made
    }

    /// The participants that are named, as we know them; nil where another is named, or nobody but the reader himself.
    static func recipients(_ named: [String], _ conversation: Conversation, _ reader: Mailbox) -> [Mailbox]? {
        let allowed = Dictionary(
            conversation.participants.compactMap { Mailbox($0) }.map { ($0.folded, $0) }
        ) { first, _ in first }
        var recipients: [Mailbox] = []
        for text in named {
            guard let mailbox = Mailbox(text) else { return nil }
            // A page that does not know its own entry may name it.
            if mailbox.folded == reader.folded { continue }
            guard let participant = allowed[mailbox.folded] else { return nil }
            if !recipients.contains(participant) { recipients.append(participant) }
        }
        return recipients.isEmpty ? nil : recipients
    }

    // MARK: - Sending

    /// What is said to those of us whose reply to the answer will be protected by a rule.
    private func note(to recipients: [Mailbox]) -> String? {
        guard path.rules.asksConversation, let reader = recipients.first(where: desk.inside.contains) else {
            return nil
        }
        return AnswerMail.protectedNote(to: reader, path.links?.languages ?? LanguageMap())
    }

    private func send(
        _ mail: AnswerMail, _ taken: TakenAnswer, _ spool: SpoolPolicy
    ) async throws(Refusal) -> Verdict {
        let bytes = try mail.message(spool: spool)
        guard bytes.count <= path.limits.messageBytes else { return .refused("too-large") }
        let received = received(mail, bytes, taken)
        let print = LazyFingerprint(errand: "answer \(waiting.id.letter) \(waiting.id.answer)", ledger)
        var progress = Progress()
        var about: Logger.Metadata = ["to": .array(mail.to.map { "\($0)" }), "bytes": "\(bytes.count)"]
        do throws(Refusal) {
            let decided = try await path.decide(received)
            about["plan"] = .array(decided.decisions.map { "\(Self.plan($0))" })
            guard decided.decisions.allSatisfy({ $0.mayGoAsAnswer(inside: desk.inside) }) else {
                return refused("address", nil, about)
            }
            try await path.answer(
                decided, print, deadline: .now + .seconds(AnswerWorker.deliverySeconds), &progress)
        } catch {
            guard error.isPermanent else { throw error }
            let (reason, said) = Self.reason(of: error)
            about["reason"] = "\(error.detail)"
            return refused(reason, said, about)
        }
        let results = mail.to.map { progress.results[$0] }
        for case .deferred(let refusal)? in results { throw refusal }
        for case .refused(let refusal)? in results {
            let (reason, said) = Self.reason(of: refusal)
            about["reason"] = "\(refusal.detail)"
            var verdict = refused(reason, said, about)
            // Others have it.
            verdict.isCounted = results.contains { $0?.isOut == true }
            verdict.forget = { [path] in await path.forgetAnswer(received, print) }
            return verdict
        }
        guard results.allSatisfy({ $0?.isOut == true }) else {
            throw Refusal(.internalError, "internal error", detail: "nothing has become of a recipient of an answer")
        }
        return Verdict(
            state: .sent, isCounted: true, messageID: mail.messageID, about: about,
            forget: { [path] in await path.forgetAnswer(received, print) })
    }

    private func refused(_ reason: String, _ said: String?, _ about: Logger.Metadata) -> Verdict {
        var verdict = Verdict.refused(reason, said)
        verdict.about = about
        return verdict
    }

    private func received(_ mail: AnswerMail, _ bytes: MessageBytes, _ taken: TakenAnswer) -> ReceivedMessage {
        let word = String(taken.token.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(10))
        var origin = ReceivedMessage.Origin(id: "answer\(word)", protocolName: "ESMTP")
        origin.listener = ReceivedMessage.Origin.answerListener
        origin.answeredLetter = waiting.id.letter
        return ReceivedMessage(
            envelope: Envelope(
                sender: mail.reader, recipients: mail.to,
                smtputf8: (mail.to + [mail.reader, mail.from]).contains(where: \.needsSMTPUTF8)),
            bytes: bytes, origin: origin, receivedAtSeconds: taken.takenAtSeconds)
    }

    /// The page's word for a refusal, and what the rules say of it.
    private static func reason(of refusal: Refusal) -> (String, String?) {
        switch refusal.cause {
        case .policy, .noUsableMethod: ("rules", refusal.publicText)
        case .messageTooBig: ("too-large", nil)
        default: ("undeliverable", nil)
        }
    }

    private static func plan(_ decision: Decision) -> String {
        let way = decision.method.map { "\(decision.verdict) \($0)" } ?? decision.verdict
        return decision.rules.isEmpty ? way : "\(way) (\(decision.rules.joined(separator: ", ")))"
    }
}

extension Decision {
    /// Outside, an answer goes sealed or not at all: it quotes what came sealed.
    func mayGoAsAnswer(inside: DomainList) -> Bool {
        guard !inside.contains(effects.redirect ?? recipient) else { return true }
        return !outcome.goes || outcome.isSeal
    }
}
