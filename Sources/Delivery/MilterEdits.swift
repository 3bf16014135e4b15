// The edits that make a milter's MTA send on what was sealed. Takes the message as it came over the milter protocol and
// the form it is to have; gives edits. Pure.
//
// The MTA's header after the edits has the fields of the form, name by name in the same order; fields that the MTA adds
// on top (its Received field, which it does not show to milters) are its own. What the form does not have (Bcc,
// signatures over the message as it was, Content-* fields that are inside now) is deleted.

package import Mail
package import Milter
package import Sealing

/// Makes edits.
package enum MilterEdits {
    /// The edits for one transaction.
    /// - Parameter received: by the milter door: its header is a list of fields.
    /// - Throws: a ``Refusal`` of cause `internalError` where the header cannot be edited exactly, `storage` where
    ///   bytes cannot be read back.
    package static func make(_ received: ReceivedMessage, into form: MilterForm) throws(Refusal)
        -> [MilterEdit]
    {
        guard let old = try MilterHeader(received.bytes), let new = try MilterHeader(form.content)
        else {
            throw Refusal(
                .internalError, "temporary fault while protecting the message",
                detail: "the header is no list of fields and cannot be edited")
        }
        var edits = old.edits(to: new)
        if form.replacesBody {
            edits.append(.replaceBody(form.content.slice(new.bodyOffset..<Int.max)))
        }
        let kept = Set(form.recipients.filter { form.redirects[$0] == nil })
        var gone: Set<Mailbox> = []
        for recipient in received.envelope.recipients where !kept.contains(recipient) {
            if gone.insert(recipient).inserted { edits.append(.deleteRecipient(recipient)) }
        }
        var added = kept
        for address in form.recipients.compactMap({ form.redirects[$0] }) {
            // Deleting and adding one address would leave its fate to the order in which the MTA does it.
            guard !gone.contains(where: { $0.folded == address.folded }) else {
                throw Refusal(
                    .splitNeeded,
                    "this message cannot be redirected as it is: send it to each recipient separately",
                    detail: "redirecting to \(address), which is a recipient that is taken out")
            }
            if added.insert(address).inserted { edits.append(.addRecipient(address)) }
        }
        return edits
    }
}
