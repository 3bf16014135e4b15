// One try of one answer, from the sealed items to its outcome. Everything that is opened here is a stranger's.

import Cryptography
import Delivery
import Links
import Logging
import MIME
import Mail
import POSIX
import Policy
import Sealing
import SettingValues
import Vault

/// One answer in hand.
struct AnswerAttempt: Sendable {
    let waiting: WaitingAnswer
    let path: MessagePath
    let context: AnswerContext
    let letters: any GatewayLetters
    let ledger: any TakenAnswers & Conversations
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
        case done(Settlement)
    }

    /// What has become of it for good.
    struct Settlement: Sendable {
        let state: AnswerState
        /// It counts among the answers that the letter may have.
        var isCounted = false
        var messageID: String?
        var linkSecret: String?
        /// For the log: addresses and rules.
        var about: Logger.Metadata = [:]
        /// What is to be done once it has been written down.
        var forget: @Sendable () async -> Void = {}

        static func refused(_ reason: String, _ said: String? = nil) -> Settlement {
            Settlement(state: .refused(reason: reason, said: said))
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
        guard waiting.items.count <= context.limits.files + 1,
            waiting.items.reduce(0, { $0.addingReportingOverflow($1).partialValue }) <= context.limits.bytes,
            waiting.items.allSatisfy({ $0 <= context.limits.bytes }), waiting.items[0] <= Self.mostSealedHead
        else { return .tooLarge }
        if known == nil, try await isThrottled(conversation) { return .waits(Self.throttleSeconds) }
        let spool = context.spool.derived.shared()
        guard let plain = try await opened(0, opener, spool),
            let head = AnswerHead(json: try plain.copy(), most: context.limits.files)
        else { return .unknown }
        guard let taken = try await ledger.takeAnswer(id, nowSeconds: nowSeconds) else { return .unknown }
        Failpoint.reach("answer.taken")
        do throws(Refusal) {
            var settled = try await settlement(head, taken, conversation, opener, spool)
            settled.linkSecret = head.linkSecret
            settled.about["from"] = "\(conversation.recipient)"
            return .done(settled)
        } catch {
            guard nowSeconds - taken.takenAtSeconds < Retries.giveUpSeconds else {
                var settled = Settlement.refused("undeliverable")
                settled.about = ["from": "\(conversation.recipient)", "reason": "\(error.detail)"]
                return .done(settled)
            }
            return .putOff(error, tries: taken.tries)
        }
    }

    private static var mostSealedHead: Int { AnswerItems.sealedBytes(of: AnswerHead.mostBytes) }

    private func isThrottled(_ conversation: Conversation) async throws(Refusal) -> Bool {
        let reader = Mailbox(conversation.recipient)?.folded ?? conversation.recipient.lowercased()
        return try await ledger.answersTaken(from: reader, sinceSeconds: nowSeconds - 3600) >= context.perHour
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
        for (index, told) in head.files.enumerated() {
            guard let file = try await opened(index + 1, opener, spool), file.count == told.bytes else { return nil }
            files.append(file)
        }
        return files
    }

    private func settlement(
        _ head: AnswerHead, _ taken: TakenAnswer, _ conversation: Conversation, _ opener: AnswerOpener,
        _ spool: SpoolPolicy
    ) async throws(Refusal) -> Settlement {
        guard let files = try await files(head, opener, spool) else { return .refused("damaged") }
        switch head.kind {
        case .special(let kind, let stretched):
            return try await special(kind, stretched, files, head, taken, conversation)
        case .answer(let to, let subject, let text):
            // What was tried before may be partly out: it goes on, also where others have taken the last place
            // meanwhile.
            guard taken.tries > 0 || conversation.answersSent < conversation.answersAllowed else {
                return .refused("too-many")
            }
            guard let reader = Mailbox(conversation.recipient), let to = Self.recipients(to, conversation, reader)
            else { return .refused("address") }
            let mail = AnswerMail(
                from: context.from, reader: reader, to: to, subject: subject, text: text,
                files: zip(head.files, files).map { AnswerMail.File(name: $0.name, type: $0.type, content: $1) },
                inReplyTo: conversation.messageID, token: taken.token, hostname: context.hostname,
                dateSeconds: taken.takenAtSeconds, note: note(to: to))
            return try await send(mail, taken, spool)
        }
    }

    private func special(
        _ kind: SpecialAnswer.Kind, _ stretched: SecretBytes?, _ files: [MessageBytes], _ head: AnswerHead,
        _ taken: TakenAnswer, _ conversation: Conversation
    ) async throws(Refusal) -> Settlement {
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
        guard let handler = context.handlers[kind] else { return .refused(kind == .key ? "key" : "undeliverable") }
        let outcome: SpecialOutcome
        do throws(Refusal) {
            outcome = try await handler.take(
                answer, taken, from: conversation, languageCode: head.languageCode, path: path, nowSeconds: nowSeconds)
        } catch {
            guard error.isPermanent else { throw error }
            outcome = .refused(reason: kind == .key ? "key" : "undeliverable")
        }
        var made: Settlement
        switch outcome {
        case .done: made = Settlement(state: .sent)
        case .refused(let reason, let text): made = .refused(reason, text)
        }
        made.about["kind"] = "\(kind.rawValue)"
        return made
    }

    /// The participants that are named, as we know them; nil where another is named, or nobody but the reader.
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
        guard path.judge.rules.asksConversation, let reader = recipients.first(where: context.inside.contains) else {
            return nil
        }
        return AnswerMail.protectedNote(to: reader, path.links.offer?.settings.languages ?? LanguageMap())
    }

    private func send(
        _ mail: AnswerMail, _ taken: TakenAnswer, _ spool: SpoolPolicy
    ) async throws(Refusal) -> Settlement {
        let bytes = try mail.message(spool: spool)
        guard bytes.count <= path.judge.limits.messageBytes else { return .refused("too-large") }
        let received = received(mail, bytes, taken)
        let errand = Errand(.answer(waiting.id))
        var about: Logger.Metadata = ["to": .array(mail.to.map { "\($0)" }), "bytes": "\(bytes.count)"]
        let plan: DecidedMessage
        do throws(Refusal) { plan = try await path.decide(received, errand) } catch {
            return try refused(by: error, about)
        }
        about["plan"] = .array(plan.decisions.map { "\(Self.plan($0))" })
        let run = await path.walk(plan, errand, deadline: .now + .seconds(AnswerWorker.deliverySeconds))
        if let refusal = run.refusal { return try refused(by: refusal, about) }
        return try outcome(of: run, mail, about)
    }

    /// What has become of an answer that was walked to its end.
    private func outcome(
        of run: Run, _ mail: AnswerMail, _ about: Logger.Metadata
    ) throws(Refusal) -> Settlement {
        let results = mail.to.map { run.fates[$0] }
        for case .deferred(let refusal)? in results { throw refusal }
        for case .refused(let refusal)? in results {
            var settled = try refused(by: refusal, about)
            // Others have it.
            settled.isCounted = results.contains { $0?.isOut == true }
            settled.forget = run.forgetting
            return settled
        }
        guard results.allSatisfy({ $0?.isOut == true }) else {
            throw Refusal(.internalError, "internal error", detail: "nothing has become of a recipient of an answer")
        }
        return Settlement(
            state: .sent, isCounted: true, messageID: mail.messageID, about: about, forget: run.forgetting)
    }

    /// - Throws: the refusal, where it is temporary.
    private func refused(by refusal: Refusal, _ about: Logger.Metadata) throws(Refusal) -> Settlement {
        guard refusal.isPermanent else { throw refusal }
        guard refusal != .unsealedAnswer else { return refused("address", nil, about) }
        var about = about
        about["reason"] = "\(refusal.detail)"
        let (reason, said) = Self.reason(of: refusal)
        return refused(reason, said, about)
    }

    private func refused(_ reason: String, _ said: String?, _ about: Logger.Metadata) -> Settlement {
        var settled = Settlement.refused(reason, said)
        settled.about = about
        return settled
    }

    private func received(_ mail: AnswerMail, _ bytes: MessageBytes, _ taken: TakenAnswer) -> ReceivedMessage {
        let word = String(taken.token.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(10))
        var origin = ReceivedMessage.Origin(id: "answer\(word)", protocolName: "ESMTP")
        // As rules know it (docs/links/answers.md); no listener can be named so.
        origin.listener = "answer"
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
        decision.rules.isEmpty ? decision.way : "\(decision.way) (\(decision.rules.joined(separator: ", ")))"
    }
}
