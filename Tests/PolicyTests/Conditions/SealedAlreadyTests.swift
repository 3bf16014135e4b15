// Mail that came encrypted is judged like any other; it satisfies `protect` only where it is exactly RFC 3156,
// integrity protected, and one of the recipient's certificates is among its key ids.

import Mail
import Policy
import Testing

struct SealedAlreadyTests {
    private static let certificates = keys([
        "bob@friend.example": .usable([bobsCertificate]),
        "carol@elsewhere.example": .usable([
            Certificate(fingerprint: "CA", encryptionKeyIDs: [KeyID(0xCA)], source: "carol.asc")
        ]),
        "dan@elsewhere.example": .unusable(reasons: ["expired"]),
    ])

    private func outcome(_ text: String, to: String = "bob@friend.example", then: String = "{ protect: required }")
        throws -> String
    {
        let rules = try ruleset("version: 1\nrules:\n  - {id: r, then: \(then)}\n")
        let decision = try rules.decision(message(text, to: [to]), Self.certificates)
        return decision.outcome == .passAlreadySealed
            ? "as it is" : decision.way
    }

    @Test func itPassesToItsRecipient() throws {
        #expect(try outcome(SealedMail.pgp()) == "as it is")
        let both = try SealedMail.armored(SealedMail.packets(to: [0xCA, SealedMail.bob]))
        #expect(try outcome(SealedMail.pgp(both)) == "as it is")
        #expect(try outcome(SealedMail.pgp(both), to: "carol@elsewhere.example") == "as it is")
        #expect(try outcome(SealedMail.pgp(), then: "{ protect: preferred, with: [pgp] }") == "as it is")
        // Another method is asked for: it is protected once more, by that.
        #expect(try outcome(SealedMail.pgp(), then: "{ protect: required, with: [link] }") == "seal link")
        #expect(try outcome(SealedMail.pgp(), then: "{ refuse: no }") == "refuse")
        #expect(try outcome(SealedMail.pgp(), then: "{ protect: none }") == "pass")
    }

    @Test func itIsNotEnoughForSomebodyElse() throws {
        #expect(try outcome(SealedMail.pgp(), to: "carol@elsewhere.example") == "seal pgp")
        #expect(
            try outcome(SealedMail.pgp(), to: "dan@elsewhere.example", then: "{ protect: required, with: [pgp] }")
                == "refuse")
        #expect(
            try outcome(SealedMail.pgp(), to: "eve@elsewhere.example", then: "{ protect: required, with: [pgp] }")
                == "refuse")
    }

    @Test func whatOnlyLooksLikeItIsNotEnough() throws {
        let bob = SealedMail.bob
        let hidden = try SealedMail.armored(SealedMail.packets(to: [0]))
        let unprotected = try SealedMail.armored(SealedMail.packets(to: [bob], dataTag: 9))
        let password = try SealedMail.armored(SealedMail.packets(to: [bob], password: true))
        let literal = try SealedMail.armored(SealedMail.packets(to: [bob], dataTag: 11))
        let trailing = try SealedMail.armored(SealedMail.packets(to: [bob]) + [0xCB, 3, 0x74, 0, 0])
        let cut = try SealedMail.armored(SealedMail.packets(to: [bob]).dropLast(5))
        for armor in [hidden, unprotected, password, literal, trailing, cut, "hello", ""] {
            #expect(try outcome(SealedMail.pgp(armor)) == "seal pgp", "\(armor)")
        }
        #expect(try outcome(SealedMail.pgp(extraPart: "--b\n\nalso in clear\n")) == "seal pgp")
        #expect(try outcome("Subject: x\n\nhello\n\(SealedMail.armor)\n") == "seal pgp")
        #expect(try outcome("Subject: x\n\n\(SealedMail.armor)\n") == "seal pgp")
    }

    /// Rules on content cannot look inside: they apply, whatever they ask for.
    @Test func rulesOnContentApplyToIt() throws {
        let refuse = try oneRule(when: "{ content: nightjar }", then: "{ refuse: no }")
        #expect(
            try refuse.decision(message(SealedMail.pgp(), to: ["bob@friend.example"]), Self.certificates).verdict
                == .refuse)
        let protect = try oneRule(when: "{ content: nightjar }")
        let decision = try protect.decision(message(SealedMail.pgp(), to: ["bob@friend.example"]), Self.certificates)
        #expect(decision.outcome == .passAlreadySealed)
        #expect(
            decision.notes.first
                == """
                rule r applies because the message, multipart/encrypted, \
                could not be read: its content is encrypted
                """
        )
    }
}
