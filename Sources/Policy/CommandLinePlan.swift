// The plan of `letterlock encrypt`: no rules, every recipient by OpenPGP or not at all.

import Detection
package import MIME
package import Mail

/// Plans OpenPGP for every recipient of the envelope; all of them count as visible, so they share one ciphertext.
/// - Returns: a plan whose ``DecidedMessage/refusal`` names the first recipient without a usable certificate and why.
package func planForAll(_ parsed: ParsedMessage, known: KnownKeys, hidesSubject: Bool) -> DecidedMessage {
    let decisions = parsed.received.envelope.recipients.map { recipient in
        let outcome: Decision.Outcome
        switch known[recipient] {
        case .usable(let certificates): outcome = .seal(.pgp(certificates))
        case .none:
            outcome = .refuse(Refusal(.noUsableMethod, "<\(recipient)>: there is no certificate for this address"))
        case .unusable(let reasons):
            outcome = .refuse(
                Refusal(
                    .noUsableMethod, "<\(recipient)>: no certificate of this address can be used",
                    detail:
                        "<\(recipient)>: no certificate of this address can be used: \(reasons.joined(separator: "; "))"
                ))
        case .unknown(let reason):
            outcome = .refuse(
                Refusal(
                    .engine, "<\(recipient)>: looking up certificates failed",
                    detail: "<\(recipient)>: looking up certificates: \(reason)"))
        }
        return Decision(
            recipient: recipient, isVisible: true, rules: [], outcome: outcome, hidesSubject: hidesSubject)
    }
    return DecidedMessage(parsed: parsed, decisions: decisions, known: known)
}
