// What rules ask for beside protection: the sum of all rules that apply to a recipient. A value; Sealing carries it
// out.

import Detection
package import Mail
package import SettingValues

/// What is done to the message for one recipient, beside sealing it.
package struct Effects: Sendable, Equatable {
    /// A change of a header field.
    package enum HeaderChange: Sendable, Equatable {
        /// One more field, below those that are there. The value is text without line ends; it is encoded by who writes
        /// it.
        case add(name: String, value: String)
        /// All fields of the name go.
        case remove(name: String)
    }

    /// What a rule says of links.
    package struct LinkOptions: Sendable, Equatable {
        /// How long the letter can be opened, in seconds; nil: as the settings say. Of several rules the shortest
        /// counts.
        package var expireSeconds: Int64?
        /// Whether the letter can be answered; nil: as the settings say. Of several rules one `no` counts.
        package var replies: Bool?
        /// The ways its password may go, in order of preference; nil: as the settings say. Of several rules those count
        /// that all of them allow; none at all where they have none in common.
        package var passwords: [PasswordMode]?

        package init(expireSeconds: Int64? = nil, replies: Bool? = nil, passwords: [PasswordMode]? = nil) {
            self.expireSeconds = expireSeconds
            self.replies = replies
            self.passwords = passwords
        }
    }

    /// A text below the body.
    package struct Footer: Sendable, Equatable {
        /// For text/plain; lines end in LF.
        package let text: String
        /// For text/html as it is written; nil: made of ``text``.
        package let html: String?

        package init(text: String, html: String? = nil) {
            self.text = text
            self.html = html
        }
    }

    /// Signed with the gateway's OpenPGP key: inside of the encryption, or as multipart/signed where it passes in
    /// clear.
    package var signs = false
    /// In the order of the rules, each once.
    package var headers: [HeaderChange] = []
    /// Texts below the body, in the order of the rules, each once.
    package var footers: [Footer] = []
    /// MIME paths of attachments that are taken out, in order.
    package var strippedParts: [String] = []
    /// Who gets it in the recipient's place; nil: the recipient.
    package var redirect: Mailbox?
    /// Who gets a sealed copy, each once.
    package var archives: [Mailbox] = []
    package var link = LinkOptions()
    /// The sender is told when the next hop has taken it.
    package var receipt = false

    package init() {}

    /// What of it changes the bytes of the message; the rest says who gets it, and who is told.
    package var onContent: Effects {
        var only = Effects()
        only.signs = signs
        only.headers = headers
        only.footers = footers
        only.strippedParts = strippedParts
        return only
    }

    /// True where the body becomes another one.
    package var altersBody: Bool { signs || !footers.isEmpty || !strippedParts.isEmpty }

    /// Each effect in a word or two, for the log and explain: names and addresses, no content.
    package var words: [String] {
        var words: [String] = signs ? ["sign"] : []
        for change in headers {
            switch change {
            case .add(let name, _): words.append("add-header \(name)")
            case .remove(let name): words.append("remove-header \(name)")
            }
        }
        if !footers.isEmpty { words.append("footer") }
        words += strippedParts.map { $0.isEmpty ? "strip-attachment" : "strip-attachment \($0)" }
        if let redirect { words.append("redirect \(redirect)") }
        words += archives.map { "copy-to \($0)" }
        if let seconds = link.expireSeconds { words.append("link expire \(seconds)s") }
        if link.replies == false { words.append("link without replies") }
        if let passwords = link.passwords {
            words.append("link password \(passwords.map(\.rawValue).joined(separator: ", "))")
        }
        if receipt { words.append("receipt") }
        return words
    }

    /// True where nothing is asked for.
    package var isEmpty: Bool { self == Effects() }

    /// Adds what another rule asks for. The first `redirect` counts; of two expiries the shorter.
    package mutating func merge(_ other: Effects) {
        signs = signs || other.signs
        for change in other.headers where !headers.contains(change) { headers.append(change) }
        for footer in other.footers where !footers.contains(footer) { footers.append(footer) }
        for path in other.strippedParts where !strippedParts.contains(path) { strippedParts.append(path) }
        redirect = redirect ?? other.redirect
        for archive in other.archives where !archives.contains(archive) { archives.append(archive) }
        if let seconds = other.link.expireSeconds {
            link.expireSeconds = min(seconds, link.expireSeconds ?? seconds)
        }
        if let replies = other.link.replies { link.replies = replies && link.replies != false }
        if let theirs = other.link.passwords {
            link.passwords = link.passwords.map { $0.filter(theirs.contains) } ?? theirs
        }
        receipt = receipt || other.receipt
    }
}
