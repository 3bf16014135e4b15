// What the ledger remembers of a recipient, as a fate. Values only.

package import Mail
package import Vault

extension Fate {
    /// What earlier tries have settled of a recipient, or nil.
    package init?(of recipient: Mailbox, in known: RememberedMessage) {
        let name = recipient.folded
        if known.delivered.contains(name) {
            self = .delivered
        } else if known.reported.contains(name) {
            self = .reported
        } else if known.held.contains(name) {
            self = .held
        } else if let refusal = known.refused[name] {
            self = .refused(refusal)
        } else {
            return nil
        }
    }
}
