// The mail address in an OpenPGP user id (RFC 4880 section 5.11: "Name (comment) <address>" by convention). Pure.

import Mail

/// Finds addresses in user ids: the same function for what a file claims and for what gpg has checked.
package enum UserIDAddress {
    /// The folded address, or nil where the user id has none, or more than one.
    ///
    /// Strict on purpose: of `<bob@example.org> <eve@example.net>` two programs may take different ones.
    package static func folded(_ userID: String) -> String? {
        let text = userID.drop { $0.isWhitespace }
        guard let open = text.firstIndex(of: "<") else {
            let end = text.lastIndex { !$0.isWhitespace }
            guard let end else { return nil }
            return Mailbox(String(text[...end]))?.folded
        }
        let rest = text[text.index(after: open)...]
        guard let close = rest.firstIndex(of: ">"), !rest.contains("<") else { return nil }
        guard !rest[rest.index(after: close)...].contains(">") else { return nil }
        return Mailbox(String(rest[..<close]))?.folded
    }
}
