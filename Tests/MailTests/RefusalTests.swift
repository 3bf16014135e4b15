// Every cause has a reply code of the right class, and a code from the next hop never changes class.

import Mail
import Testing

struct RefusalTests {
    private static let permanent: [Refusal.Cause] = [
        .policy, .noUsableMethod, .messageTooBig, .badLineEnding, .mailLoop, .conversionRequired, .smtputf8Required,
        .nextHopRefused(code: 550, enhanced: "5.1.1"), .nextHopRefused(code: 250, enhanced: "2.0.0"),
    ]
    private static let temporary: [Refusal.Cause] = [
        .nextHopDeferred(code: 450, enhanced: "4.2.0"), .nextHopDeferred(code: 999, enhanced: "9"), .nextHopUnavailable,
        .engine, .sealCheck, .undecided, .storage, .deadline, .busy, .noRoom, .internalError,
    ]

    @Test func classes() {
        for cause in Self.permanent { #expect((500..<600).contains(Refusal(cause, "x").replyCode), "\(cause)") }
        for cause in Self.temporary { #expect((400..<500).contains(Refusal(cause, "x").replyCode), "\(cause)") }
    }

    @Test func ownFaultsAreNeverPermanent() {
        for cause in [Refusal.Cause.engine, .sealCheck, .storage, .deadline, .busy, .internalError, .undecided] {
            #expect(!Refusal(cause, "x").isPermanent)
        }
    }
}
