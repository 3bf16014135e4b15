// Whether attachments can be looked into: the program, its walls, pdftotext and qpdf.

import Extraction
import Gateway

extension Examination {
    func extractionFindings() async -> [Finding] {
        let extraction = configuration.extraction
        guard extraction.isOn else {
            return [
                .warn(
                    "attachments", "extract.when is never: no rule sees what they hold",
                    hint: "set `extract.when` to needed, or leave it out")
            ]
        }
        let pool = ExtractionPool(extraction)
        let (refusal, lacks) = await pool.probe()
        await pool.shutdown()
        if let refusal {
            return [
                .fail(
                    "attachments", "they cannot be looked into, so what they hold is unknown to the rules: \(refusal)",
                    hint: "docs/policy/extraction.md says what letterlock-extract needs; or set `extract.when: never`")
            ]
        }
        let program = extraction.program ?? ExtractionPool.programBesideOurs
        guard await Program.run(program, ["--self-test"], seconds: 10) != nil else {
            return [
                .fail(
                    "attachments", "the walls around \"\(program)\" have a hole",
                    hint: "run \"\(program)\" --self-test to see which")
            ]
        }
        if !lacks.isEmpty {
            let unread = lacks.contains("pdftotext") ? "every PDF" : "a PDF that may hold notes, forms or files"
            let packages = ["pdftotext": "poppler-utils"]
            return [
                .warn(
                    "attachments", "\(lacks.joined(separator: ", ")) is not installed: \(unread) counts as unreadable",
                    hint: "install \(lacks.map { packages[$0] ?? $0 }.joined(separator: " "))")
            ]
        }
        return [.ok("attachments", "\"\(program)\" reads them behind its walls")]
    }
}
