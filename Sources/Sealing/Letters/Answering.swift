// What the gateway gives letters so that they can be answered (docs/inside/links-protocol.md, section 8).

import Cryptography
import Links
package import Mail
package import SettingValues

/// What letters need so that they can be answered, and that their readers know later messages to be ours.
package struct Answering: Sendable {
    /// How many answers, and how large; nil: letters take none.
    package var limits: AnswerLimits?
    /// Our own domains.
    package var inside: DomainList
    /// The gateway's public key for new contents, 65 bytes, at a time in seconds since 1970.
    package var key: @Sendable (Int64) async throws(Refusal) -> [UInt8]

    package init(
        limits: AnswerLimits?, inside: DomainList, key: @escaping @Sendable (Int64) async throws(Refusal) -> [UInt8]
    ) {
        self.limits = limits
        self.inside = inside
        self.key = key
    }

    /// For letters that nobody keeps, as in a dry run: a pair that is thrown away, and no answers.
    package static let unkept = Answering(limits: nil, inside: DomainList([])) { _ throws(Refusal) in
        do throws(CryptographyError) { return try GatewayKey.make().publicPoint } catch { throw error.refusal }
    }
}
