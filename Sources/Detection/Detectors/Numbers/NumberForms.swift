// All kinds of numbers that have a form, and all ways in which they are written, each with a bit of its own: what a
// pass through a text asks of a place is answered for all of them at once. Pure.

/// The kinds of numbers that have a form.
enum NumberForms {
    /// By detector, in a fixed order.
    static let all: [(detector: Detector, form: NumberForm)] = Detector.allCases.compactMap { detector in
        form(of: detector).map { (detector, $0) }
    }

    /// What a pass asks of one form.
    struct Bits: Sendable {
        let detector: Detector
        /// Number of its first way's bit.
        let first: UInt64
        /// All its bits.
        let mask: UInt64
        /// True where its numbers start at digits only; else they start where words do.
        let startsWithDigits: Bool
        /// True where its letters count in upper case only, and it starts with one.
        let startsWithCapital: Bool
    }

    /// By form, in the order of ``all``.
    static let bits: [Bits] = {
        var next: UInt64 = 0
        return all.map { item in
            let first = next
            next += UInt64(item.form.ways.count)
            let mask = item.form.ways.indices.reduce(UInt64(0)) { $0 | 1 << (first + UInt64($1)) }
            return Bits(
                detector: item.detector, first: first, mask: mask, startsWithDigits: item.form.startsWithDigits,
                startsWithCapital: item.form.upperCaseOnly
                    && item.form.ways.allSatisfy { $0.kinds.first == UInt8(ascii: "a") })
        }
    }()

    /// For each bit of a way its form's number in ``all``.
    static let formOfWay: [Int] = all.enumerated().flatMap { number, item in item.form.ways.map { _ in number } }

    /// Bits of the forms that start at digits only.
    static let startingWithDigits = bits.reduce(UInt64(0)) { $1.startsWithDigits ? $0 | $1.mask : $0 }

    /// Bits of the forms that start with a letter in upper case.
    static let startingWithCapitals = bits.reduce(UInt64(0)) { $1.startsWithCapital ? $0 | $1.mask : $0 }

    /// The ways of all forms, by their bits.
    static let shapes = NumberShapes(all.flatMap { $0.form.ways })

    /// The form of a detector; nil for one that finds something else than a number in a form.
    static func form(of detector: Detector) -> NumberForm? {
        switch detector {
        case .bic: BIC.numbers
        case .frNIR: FrenchNumbers.nir
        case .frSIREN: FrenchNumbers.siren
        case .frSIRET: FrenchNumbers.siret
        case .esDNI: SpanishNumbers.dni
        case .esNIE: SpanishNumbers.nie
        case .itCodiceFiscale: CodiceFiscale.numbers
        case .deSteuerID: EuropeanNumbers.steuerID
        case .nlBSN: EuropeanNumbers.bsn
        case .beNN: EuropeanNumbers.belgianNN
        case .ukNHS: EnglishNumbers.nhs
        case .ukNINO: EnglishNumbers.nino
        case .usSSN: EnglishNumbers.ssn
        case .medicalCode: MedicalCodes.numbers
        case .paymentCard, .iban, .passportMRZ, .privateKey, .apiToken, .credentials: nil
        }
    }
}
