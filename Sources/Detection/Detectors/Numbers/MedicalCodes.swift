// Diagnoses by their code in ICD-10 (WHO, International Statistical Classification of Diseases, tenth revision, volume
// 2: a letter, two digits, a point and one more; the national editions ICD-10-GM, CIM-10-FR, CIE-10-ES and ICD-10-CM
// add up to three). Near words that speak of a patient only: the same form numbers chapters, parts and rooms. Pure.

/// Finds codes of diseases.
enum MedicalCodes {
    /// A code with its point.
    static let numbers = NumberForm(
        ways: [
            .init("ann.n", needsWord: true), .init("anc.n", needsWord: true), .init("ann.nc", needsWord: true),
            .init("ann.ncc", needsWord: true), .init("ann.nccc", needsWord: true),
        ],
        words: [
            "patient", "diagnos", "icd", "cim-10", "cim 10", "cie-10", "befund", "krank", "arzt", "malad", "médecin",
            "medico", "médico", "paciente", "paziente", "enfermedad", "malattia", "patiënt", "ziekte", "arts",
            "symptom", "disease", "disorder", "clinic", "klinik",
        ],
        reach: (100, 60), upperCaseOnly: true,
        isValid: { value in value[0] != UInt8(ascii: "U") || value[1] == UInt8(ascii: "0") })
}
