// The built-in detectors: things with a check sum or a context of their own, which patterns alone cannot tell from
// other digits and words. Each has a *sign*, an expression that occurs wherever it finds anything: the one scan of a
// text looks for the signs of all detectors in use, and only where a sign was seen the detector itself reads the text.
// Pure, linear in the length of the text. docs/policy/policy-detectors.md says of each what it finds and from which
// source its rule comes.

/// A built-in detector, by the name that rules use.
package enum Detector: String, Sendable, CaseIterable {
    case paymentCard = "payment-card"
    case iban
    case bic
    case frNIR = "fr-nir"
    case frSIREN = "fr-siren"
    case frSIRET = "fr-siret"
    case esDNI = "es-dni"
    case esNIE = "es-nie"
    case itCodiceFiscale = "it-codice-fiscale"
    case deSteuerID = "de-steuer-id"
    case nlBSN = "nl-bsn"
    case beNN = "be-nn"
    case ukNHS = "uk-nhs"
    case ukNINO = "uk-nino"
    case usSSN = "us-ssn"
    case passportMRZ = "passport-mrz"
    case privateKey = "private-key"
    case apiToken = "api-token"
    case credentials
    case medicalCode = "medical-code"

    /// Called with a bare value and the byte range it was written in; returns false to stop.
    typealias Found = (_ value: [UInt8], _ range: Range<Int>) -> Bool

    /// Finds what it looks for, in order. Several kinds of numbers are found together by a ``NumberPass``.
    /// - Parameters:
    ///   - text: valid UTF-8, normalised (``Normalised``).
    ///   - work: of a text of this length; where it is spent, there may be more.
    ///   - found: called with the bare value (mostly digits and upper-case letters only) and its range.
    func find(in text: UnsafeBufferPointer<UInt8>, _ work: inout DetectorWork, _ found: Found) {
        switch self {
        case .paymentCard: PaymentCard.find(in: text, &work, found)
        case .iban: IBAN.find(in: text, &work, found)
        case .passportMRZ: PassportMRZ.find(in: text, &work, found)
        case .privateKey: PrivateKeys.find(in: text, &work, found)
        case .apiToken: APITokens.find(in: text, &work, found)
        case .credentials: Credentials.find(in: text, &work, found)
        case .bic, .frNIR, .frSIREN, .frSIRET, .esDNI, .esNIE, .itCodiceFiscale, .deSteuerID, .nlBSN, .beNN, .ukNHS,
            .ukNINO, .usSSN, .medicalCode:
            var pass = NumberPass([self], bytes: text.count)
            pass.run(text) { _, value, range in found(value, range) }
            if let done = pass.work(of: self) { work = done }
        }
    }

    /// The sign, without regard to case and over bytes: it may occur where nothing is found, never the other way round.
    /// It begins with what is rare in ordinary text: with a digit rather than with letters.
    var sign: String {
        switch self {
        case .paymentCard: Self.digits(13)
        case .iban: IBAN.sign
        case .bic: "bic|swift"
        case .frNIR: Self.digits(6) + #"[0-9ab](?:[^0-9a-z]*\d){6}"#
        case .frSIREN, .nlBSN, .usSSN: Self.digits(9)
        case .frSIRET: Self.digits(14)
        case .esDNI: Self.digits(8) + "[a-z]"
        case .esNIE: Self.digits(7) + "[a-z]"
        case .itCodiceFiscale:
            #"\d[^0-9a-z]*[0-9lmnpqrstuv][^0-9a-z]*[abcdehlmprst][^0-9a-z]*[0-7lmnpqrst][^0-9a-z]*[0-9lmnpqrstuv]"#
        case .deSteuerID, .beNN: Self.digits(11)
        case .ukNHS: Self.digits(10)
        case .ukNINO: Self.digits(6) + "[a-d]"
        case .passportMRZ: #"\d{7}[mfx<]\d{7}"#
        case .privateKey: "private key|putty-user-key-file"
        case .apiToken: APITokens.sign
        case .credentials: Credentials.sign
        case .medicalCode: #"[a-z]\d[0-9ab]\."#
        }
    }

    /// So many digits with anything between them that is no letter.
    private static func digits(_ count: Int) -> String { #"(?:\d[^0-9a-z]*){"# + "\(count)}" }
}
