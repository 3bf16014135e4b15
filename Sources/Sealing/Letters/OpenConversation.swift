// A conversation that a later message can come under.

package import Links
package import Mail

/// A letter that its reader has, for a later message to come under.
package struct OpenConversation: Sendable {
    /// The path of the link.
    package let letterID: String
    /// P-256 public key of the letter, uncompressed point.
    package let key: [UInt8]
    /// The gateway's pair whose public half stands in that letter: by it the reader knows who wrote.
    package let gateway: GatewayKey
    /// Number of the later message.
    package let number: Int
    /// The link's fragment, where the reader's page has told it with an answer; nil: the page will ask for the code.
    package let linkSecret: Secret?

    package init(letterID: String, key: [UInt8], gateway: GatewayKey, number: Int, linkSecret: Secret?) {
        self.letterID = letterID
        self.key = key
        self.gateway = gateway
        self.number = number
        self.linkSecret = linkSecret
    }
}
