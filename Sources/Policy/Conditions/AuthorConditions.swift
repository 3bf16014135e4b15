// from, reply-to, sender-matches-from: the addresses that a reader of the message sees. They are what the sender's program
// wrote; nothing proves them. A header without a readable address, or with several that give different answers, is
// unknown. Where programs read a field in different ways, each reading gives addresses (MIME/AddressReadings).

import Detection
import MIME
import Mail

/// Addresses of a header field.
enum HeaderAddresses {
    /// All addresses that some reading gives of all fields of the name, never empty.
    case known([Mailbox])
    /// They cannot be said: why.
    case unknown(Truth)

    /// Addresses of From (RFC 5322 section 3.6.2).
    static func from(_ facts: MessageFacts) -> HeaderAddresses {
        read(facts.headerFields("From"), "From", facts)
    }

    /// Where answers go: Reply-To, else From, as mail programs do.
    static func replyTo(_ facts: MessageFacts) -> HeaderAddresses {
        let fields = facts.headerFields("Reply-To")
        return fields.isEmpty ? from(facts) : read(fields, "Reply-To", facts)
    }

    private static func read(_ fields: [HeaderField], _ name: String, _ facts: MessageFacts) -> HeaderAddresses {
        if facts.hiddenHeader != .no { return .unknown(facts.hiddenHeader) }
        guard !fields.isEmpty else { return .unknown(.unknown(.permanent("there is no \(name) field"))) }
        var all: [Mailbox] = []
        for field in fields {
            let readings = field.addressReadings
            guard !readings.mailboxes.isEmpty, !readings.hasUnreadable else {
                let what = readings.mailboxes.isEmpty ? "no address that can be read" : "an address that cannot be read"
                return .unknown(.unknown(.permanent("the \(name) field holds \(what)")))
            }
            all += readings.mailboxes
        }
        return .known(all)
    }

    /// For explain.
    var shown: [String] {
        switch self {
        case .known(let mailboxes): mailboxes.prefix(10).map { Masking.shown($0.description) }
        case .unknown(let why): [why.unknown?.reason ?? "nothing"]
        }
    }
}

/// `from`: the header's From.
struct FromCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let addresses: AddressTest

    var label: String { "from \(addresses.label)" }
    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        switch HeaderAddresses.from(facts) {
        case .known(let mailboxes): addresses.answer(forEach: mailboxes, facts)
        case .unknown(let why): why
        }
    }
    func saw(_ facts: MessageFacts) -> [String] { HeaderAddresses.from(facts).shown }
    var topic: Topic { .address("from", addresses) }
}

/// `reply-to`: where answers go.
struct ReplyToCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let addresses: AddressTest

    var label: String { "reply-to \(addresses.label)" }
    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        switch HeaderAddresses.replyTo(facts) {
        case .known(let mailboxes): addresses.answer(forEach: mailboxes, facts)
        case .unknown(let why): why
        }
    }
    func saw(_ facts: MessageFacts) -> [String] { HeaderAddresses.replyTo(facts).shown }
    var topic: Topic { .address("reply-to", addresses) }
}

/// `sender-matches-from`: MAIL FROM is the address in From.
struct SenderMatchesFromCondition: MessageCondition {
    let place: Place
    let leaf: Int
    let wanted: Bool

    var label: String { "sender-matches-from: \(wanted)" }
    var cost: Cost { .structure }

    func test(_ facts: MessageFacts) -> Truth {
        let answer: Truth
        switch HeaderAddresses.from(facts) {
        case .unknown(let why): answer = why
        case .known(let mailboxes):
            let same = mailboxes.count { $0.folded == facts.sender?.folded }
            answer =
                same == 0 || same == mailboxes.count
                ? Truth(same > 0) : .unknown(.permanent("From names several authors, and the sender is one of them"))
        }
        return wanted ? answer : !answer
    }
    func saw(_ facts: MessageFacts) -> [String] {
        ["sender \(facts.sender?.description ?? "<>")"] + HeaderAddresses.from(facts).shown.map { "From \($0)" }
    }
}
