// What Letterlock itself has to say, before it is written: kinds, and what each notice is about. Values only.

/// What a notice is about: it goes from the outbox with this.
package enum NoticeSubject: Sendable {
    case heldMessage
    case letter
}

/// Kinds of notice mails about one sort of things. Raw values are the words in the outbox and in the log: no two kinds
/// of any type have the same.
package protocol NoticeKind: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
    /// What notices of these kinds are about.
    static var subject: NoticeSubject { get }
}

/// One mail to be written: what it tells, not what it says.
package struct Notice<Kind: NoticeKind>: Sendable, Hashable {
    package let kind: Kind
    /// Id of the held message or of the letter.
    package let about: String
    /// Tells notices of one kind about one thing apart: of those with the same mark one is made.
    package let mark: Int64
    /// When what it tells of happened or will; seconds since 1970.
    package let atSeconds: Int64
    /// False where nobody is to have it: it counts as sent, so that it does not come later, when it would be wanted.
    package let isWanted: Bool

    /// - Parameter mark: 0 where there is one notice of the kind.
    package init(_ kind: Kind, about: String, mark: Int64 = 0, atSeconds: Int64, isWanted: Bool = true) {
        self.kind = kind
        self.about = about
        self.mark = mark
        self.atSeconds = atSeconds
        self.isWanted = isWanted
    }
}

/// A notice that was claimed: nobody else has it until the lease ends.
package struct OutboxEntry<Kind: NoticeKind>: Sendable, Equatable {
    package let number: Int64
    package let notice: Notice<Kind>
    /// When it was enqueued; seconds since 1970.
    package let madeAtSeconds: Int64
    /// Claims before this one. It tells this claim from others of the same entry.
    package let tries: Int

    package init(number: Int64, notice: Notice<Kind>, madeAtSeconds: Int64, tries: Int) {
        self.number = number
        self.notice = notice
        self.madeAtSeconds = madeAtSeconds
        self.tries = tries
    }
}
