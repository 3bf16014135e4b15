// The text of a PDF's pages, by poppler's pdftotext as a program: never linked (its licence is the GPL).

import POSIX

/// Runs pdftotext.
struct PDFText {
    let program: String

    enum Result {
        /// Readings, the first as it came.
        case text([String], problem: String?)
        case encrypted
        case temporary(String)
    }

    func read(_ bytes: [UInt8], limitBytes: Int) -> Result {
        let child = ChildProgram(path: program, arguments: ["-enc", "UTF-8", "-", "-"])
        let outcome: ProgramRun.Outcome
        do throws(SystemError) { outcome = try child.run(bytes, limitBytes: limitBytes) } catch {
            return .temporary("pdftotext cannot be started: \(error.code)")
        }
        let text = String(decoding: outcome.output, as: UTF8.self)
        let forms = [text] + (CombFields.joined(text).map { [$0] } ?? [])
        if !outcome.isWhole { return .text(forms, problem: "more text than is kept") }
        guard let failure = outcome.failure(of: "pdftotext") else { return .text(forms, problem: nil) }
        let said = String(decoding: outcome.errors, as: UTF8.self)
        if outcome.status?.signal == nil, said.contains("ncorrect password") || said.contains("ncrypt") {
            return .encrypted
        }
        return .text(forms, problem: failure)
    }
}

/// Fields of forms with a box for every character: pdftotext gives the characters with many blanks between them, or
/// each on a line of its own.
package enum CombFields {
    /// Boxes that are a field at least.
    private static let boxes = 8

    /// The text with the boxes of a field on one line, one blank between them; nil where there are no such fields.
    package static func joined(_ text: String) -> String? {
        var output: [UInt8] = []
        var isChanged = false
        var boxes: [UInt8] = []
        var skipped: [ArraySlice<UInt8>] = []
        func flush() {
            if boxes.count >= Self.boxes {
                isChanged = true
                output.append(contentsOf: boxes.map { [$0] }.joined(separator: [32]))
                output.append(10)
            } else {
                for line in skipped { output.append(contentsOf: line + [10]) }
            }
            boxes = []
            skipped = []
        }
        for line in Array(text.utf8).split(separator: 10, omittingEmptySubsequences: false) {
            let letters = line.filter { $0 > 32 }
            if letters.isEmpty, !boxes.isEmpty {
                skipped.append(line)
            } else if letters.count == 1, letters.allSatisfy(isBox) {
                boxes += letters
                skipped.append(line)
            } else {
                flush()
                if let field = field(line) {
                    isChanged = isChanged || !line.elementsEqual(field)
                    output.append(contentsOf: field)
                } else {
                    output.append(contentsOf: line)
                }
                output.append(10)
            }
        }
        flush()
        return isChanged ? String(decoding: output, as: UTF8.self) : nil
    }

    /// A line of single characters.
    private static func field(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.count >= boxes * 2 - 1 else { return nil }
        let words = line.split(whereSeparator: { $0 <= 32 })
        guard words.count >= boxes, words.allSatisfy({ $0.count == 1 && $0.allSatisfy(isBox) }) else { return nil }
        return Array(words.joined(separator: [32]))
    }

    private static func isBox(_ octet: UInt8) -> Bool {
        (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet)
    }
}
