// Who stands in To and Cc: every other envelope recipient is a blind one, who is sealed apart (RFC 5322 section 3.6.3).

import Detection
import MIME
import Mail

/// Addresses that all recipients can see.
enum VisibleAddresses {
    /// Folded addresses (``Mail/Mailbox/folded``) of all To and Cc fields. What cannot be parsed is left out, which
    /// makes its owner a blind recipient: the safe side.
    static func of(_ parsed: ParsedMessage) -> Set<String> {
        var visible: Set<String> = []
        for name in ["To", "Cc"] {
            for field in parsed.root.header.all(name) {
                for mailbox in field.mailboxes { visible.insert(mailbox.folded) }
            }
        }
        return visible
    }
}
