// All that conditions may look at, for one message. Made at the start of one judgement and dropped at its end; what is
// costs time is found out when it is first asked for, and remembered. Not Sendable: it never leaves its judgement.

import Detection
import MIME
import Mail

/// Facts about one message.
package final class MessageFacts {
    /// MAIL FROM.
    let sender: Mailbox?
    /// Size of the message as it came.
    let messageBytes: Int
    let encryption: Encryption
    let signature: Signature
    private let header: HeaderSection
    private let matchers: Matchers
    let hiding: Hiding
    /// All parts that could be read, depth first, the message itself first; those of attached messages too.
    let parts: [Part]
    private var answers: [Truth?]
    private var asked = AskedRecipient()
    private var spellings = Spellings()
    private var hits: [HitKey: Result<[Int], HyperscanError>] = [:]

    private struct HitKey: Hashable {
        let target: PatternTarget
        let text: String
    }

    /// Envelope, origin and bytes as they came.
    let received: ReceivedMessage
    let known: KnownKeys
    /// When it is judged, in seconds since 1970.
    let nowSeconds: Int64
    let extracted: ExtractedParts
    /// Whether the messages that it names were protected.
    var conversation = KnownConversation.notKnownHere
    /// True where the sender has given a password for it.
    var givesPassword = false

    init(
        _ parsed: ParsedMessage, _ rules: Ruleset, known: KnownKeys = KnownKeys(), nowSeconds: Int64 = 0,
        extracted: ExtractedParts = ExtractedParts()
    ) {
        received = parsed.received
        self.known = known
        self.nowSeconds = nowSeconds
        self.extracted = extracted
        sender = parsed.received.envelope.sender
        messageBytes = parsed.received.bytes.count
        encryption = parsed.encryption
        signature = parsed.signature
        header = parsed.root.header
        rootType = parsed.root.type
        matchers = rules.matchers
        parts = Self.flat(parsed.root)
        hiding = Hiding(parsed, parts, extracted)
        answers = Array(repeating: nil, count: rules.leafCount)
    }

    /// The spellings of a mailbox that lists know; of the one asked for last they are remembered.
    func folded(_ mailbox: Mailbox) -> FoldedMailbox {
        if let last = spellings.last, last.mailbox == mailbox { return last.folded }
        let folded = FoldedMailbox(mailbox)
        spellings.last = (mailbox, folded)
        return folded
    }

    /// The same of the envelope's recipients, in its order.
    var foldedRecipients: [FoldedMailbox] {
        if spellings.recipients.isEmpty {
            spellings.recipients = received.envelope.recipients.map(FoldedMailbox.init)
        }
        return spellings.recipients
    }

    /// What was folded.
    private struct Spellings {
        var last: (mailbox: Mailbox, folded: FoldedMailbox)?
        var recipients: [FoldedMailbox] = []
    }

    /// For whom leaves have answers that differ between recipients, and which.
    private struct AskedRecipient {
        var mailbox: Mailbox?
        var leaves: [Int] = []
    }

    private var madeObstacle: String??

    /// Why a signature in clear would not survive transport; nil where it would.
    func signingObstacle(of parsed: ParsedMessage) -> String? {
        if let madeObstacle { return madeObstacle }
        let obstacle = parsed.signingObstacle
        madeObstacle = .some(obstacle)
        return obstacle
    }

    /// Decoded text of every Subject field, in every reading.
    private(set) lazy var subjects: [String] = headerTexts("Subject")

    /// All attachments, those of attached messages too.
    private(set) lazy var attachments: [Attachment] = parts.filter(\.isAttachment).map(Attachment.init)

    /// The parts that are attachments, in the order of ``attachments``.
    var attachmentParts: [Part] { parts.filter(\.isAttachment) }

    /// Attachments with what extraction knew of them; and the same with the members of archives.
    private(set) lazy var files = AttachedFile.all(self, inside: false)
    private(set) lazy var filesInside = AttachedFile.all(self, inside: true)

    /// The message's texts, for content conditions.
    var texts: ContentTexts {
        if let madeTexts { return madeTexts }
        let texts = ContentTexts(parts: parts, extracted: extracted, hidden: hiding.content, matchers: matchers)
        madeTexts = texts
        return texts
    }
    private var madeTexts: ContentTexts?

    /// True where what a rule's content conditions look for stands in the message's header, the subject aside.
    func standsOutside(_ rule: Rule) -> Bool {
        rule.contentConditions.contains { texts.standsOutside($0.asked) }
    }

    /// True where what a rule looks for stands in the Subject, or may stand there. A tag that the rule takes out is no
    /// find.
    func findsInSubject(_ rule: Rule) -> Bool {
        if rule.contentConditions.contains(where: { texts.standsInSubject($0.asked) }) { return true }
        guard rule.then.strippedPatterns.isEmpty else { return false }
        return rule.subjectConditions.contains { condition in
            remembered(condition.leaf) { condition.test(self) } != .no
        }
    }

    /// What the scan of content met, where it was made already (``RuleIndex``).
    var metInContent: [Bool]? { madeTexts?.met }

    /// The answer of a leaf condition, asked once.
    func remembered(_ leaf: Int, _ ask: () -> Truth) -> Truth {
        if let answer = answers[leaf] { return answer }
        let answer = ask()
        answers[leaf] = answer
        return answer
    }

    /// The answer of a leaf condition that differs between recipients, asked once for each.
    func remembered(_ leaf: Int, for recipient: Mailbox, _ ask: () -> Truth) -> Truth {
        if recipient != asked.mailbox {
            asked.mailbox = recipient
            for leaf in asked.leaves { answers[leaf] = nil }
            asked.leaves.removeAll(keepingCapacity: true)
        }
        if let answer = answers[leaf] { return answer }
        let answer = ask()
        answers[leaf] = answer
        asked.leaves.append(leaf)
        return answer
    }

    /// Decoded texts of all header fields of a name (case-insensitive), in every reading.
    func headerTexts(_ name: String) -> [String] { header.all(name).flatMap(\.forms) }

    /// No where every reading of all fields of a name (case-insensitive) says all, else unknown.
    func hiddenText(of name: String) -> Truth {
        let isRead = header.all(name).allSatisfy(\.isReadable)
        return isRead ? .no : .unknown(.permanent("\(name) cannot be read: badEncodedWord"))
    }

    /// All header fields of a name (case-insensitive).
    func headerFields(_ name: String) -> [HeaderField] { header.all(name) }
    /// No where the whole header could be read, else unknown.
    var hiddenHeader: Truth { hiding.header }
    /// The media type of the message as a whole.
    let rootType: MediaType

    /// Yes where any text of a field gives yes; never a sure no where the field or part of the header could not be
    /// read.
    func headerAnswer(of name: String, _ test: (String) -> Truth) -> Truth {
        headerAnswer(headerTexts(name), test).or(hiddenText(of: name))
    }

    /// Yes where any of the texts gives yes; never a sure no where part of the header could not be read.
    func headerAnswer(_ texts: [String], _ test: (String) -> Truth) -> Truth {
        var answer = Truth.no
        for text in texts {
            answer = answer.or(test(text))
            if answer == .yes { return .yes }
        }
        return answer.or(hiding.header)
    }

    /// No where all attachments can be seen, else unknown.
    /// - Parameter sizesMatter: true where a damaged encoding matters, which leaves name and type readable.
    func hiddenAttachments(sizesMatter: Bool) -> Truth {
        sizesMatter ? hiding.attachments.or(hiding.sizes) : hiding.attachments
    }

    /// Whether a pattern occurs in a short text (a subject, a field, a file name).
    func matches(_ target: PatternTarget, _ pattern: Int, in text: String) -> Truth {
        do {
            guard try quickHits(target, text).contains(pattern) else { return .no }
            guard matchers.spec(target, pattern).wholeWord else { return .yes }
            let places = try matchers.occurrences(target, pattern, in: text)
            if !places.ranges.isEmpty { return .yes }
            return places.isComplete ? .no : .unknown(.permanent("too many near matches of a pattern"))
        } catch {
            return .unknown(.temporary("\(error.message)"))
        }
    }

    private func quickHits(_ target: PatternTarget, _ text: String) throws(HyperscanError) -> [Int] {
        let key = HitKey(target: target, text: text)
        if let known = hits[key] { return try known.get() }
        let result = Result { () throws(HyperscanError) in try matchers.quickHits(target, in: text) }
        hits[key] = result
        return try result.get()
    }

    /// The tree as a list, depth first. The reader bounds its depth.
    private static func flat(_ root: Part) -> [Part] {
        var list: [Part] = []
        func add(_ part: Part) {
            list.append(part)
            part.children.forEach(add)
            part.opened?.parts.forEach(add)
        }
        add(root)
        return list
    }
}
