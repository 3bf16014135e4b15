// What a PDF says beside its pages: notes, bookmarks, values of forms, targets of links, title and author. By qpdf as a
// program, which writes all objects as JSON (ISO 32000-1; qpdf's manual, "JSON version 2"); its output is untrusted
// too.

import Glibc
import POSIX

/// Runs qpdf.
struct PDFNotes {
    let program: String

    /// What was found.
    struct Notes {
        /// One text on each line.
        var text = ""
        /// Title, author, subject, keywords.
        var about = ""
        var problem: String?
        /// A try later may read it.
        var isTemporary = false
    }

    /// Longest JSON that is looked at, in bytes.
    private static let jsonBytes = 96 * 1024 * 1024

    func read(_ bytes: [UInt8], limitBytes: Int) -> Notes {
        let child = ChildProgram(
            path: program, arguments: ["--json=2", "--json-key=qpdf", "--warning-exit-0", "/proc/self/fd/0"],
            seeks: true)
        let outcome: ProgramRun.Outcome
        do throws(SystemError) { outcome = try child.run(bytes, limitBytes: Self.jsonBytes) } catch {
            return Notes(problem: "qpdf cannot be started: \(error.code)", isTemporary: true)
        }
        var notes = PDFObjects.read(outcome.output, limitBytes: limitBytes)
        if !outcome.isWhole {
            notes.problem = notes.problem ?? "more notes than are read"
        } else if let failure = outcome.failure(of: "qpdf") {
            notes.problem = notes.problem ?? failure
        }
        return notes
    }

    /// Marks of what only qpdf reads; compressed objects may hold any of it.
    static func areLikely(in bytes: [UInt8]) -> Bool {
        ["/Annots", "/Outlines", "/AcroForm", "/ObjStm", "/EmbeddedFile"].contains {
            Search.find(Array($0.utf8), in: bytes[...]) != nil
        }
    }
}

/// Reads the strings out of qpdf's JSON: `"/Key": "u:text"`, `"/Key": "b:hex"`. Pure; linear.
package struct PDFObjects {
    private let octets: [UInt8]
    private var place = 0
    private var key = ""
    /// `obj:5 0 R`, `trailer`.
    private var object = ""
    private var lines: [(object: String, text: [UInt8])] = []
    private var size = 0
    private var info = ""
    private var problem: String?

    private init(_ octets: [UInt8]) { self.octets = octets }

    static func read(_ json: [UInt8], limitBytes: Int) -> PDFNotes.Notes {
        var reader = PDFObjects(json)
        reader.run(limitBytes)
        var notes = PDFNotes.Notes(problem: reader.problem)
        let info = "obj:\(reader.info)"
        for (object, text) in reader.lines {
            let line = String(decoding: text, as: UTF8.self) + "\n"
            if object == info || object == "trailer" { notes.about += line } else { notes.text += line }
        }
        return notes
    }

    /// For fuzzing and tests: notes, title and the like, and the problem.
    package static func texts(_ json: [UInt8], limitBytes: Int) -> (notes: String, about: String, problem: String?) {
        let notes = read(json, limitBytes: limitBytes)
        return (notes.text, notes.about, notes.problem)
    }

    private mutating func run(_ limit: Int) {
        while place < octets.count {
            guard octets[place] == UInt8(ascii: "\"") else {
                place += 1
                continue
            }
            let text = takeString()
            var next = place
            while next < octets.count, octets[next] <= 32 { next += 1 }
            if next < octets.count, octets[next] == UInt8(ascii: ":") {
                take(key: String(decoding: text.prefix(64), as: UTF8.self))
            } else {
                take(value: text)
            }
            if size > limit {
                problem = problem ?? "more text than is kept"
                return
            }
        }
    }

    /// A JSON string (RFC 8259 section 7).
    private mutating func takeString() -> [UInt8] {
        var text: [UInt8] = []
        place += 1
        while place < octets.count, octets[place] != UInt8(ascii: "\"") {
            guard octets[place] == UInt8(ascii: "\\"), place + 1 < octets.count else {
                text.append(octets[place])
                place += 1
                continue
            }
            let escape = octets[place + 1]
            place += 2
            switch escape {
            case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "f"): text.append(10)
            case UInt8(ascii: "t"): text.append(32)
            case UInt8(ascii: "b"): break
            case UInt8(ascii: "u"):
                let digits = octets[place..<min(place + 4, octets.count)]
                place += digits.count
                let scalar = UInt32(String(decoding: digits, as: UTF8.self), radix: 16).flatMap { Unicode.Scalar($0) }
                text.append(contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
            default: text.append(escape)
            }
        }
        place = min(place + 1, octets.count)
        return text
    }

    private mutating func take(key: String) {
        self.key = key
        if key.hasPrefix("obj:") || key == "trailer" { object = key }
        if key == "/EF" { problem = problem ?? "it holds files" }
        if key == "/XFA" { problem = problem ?? "it holds a form of a kind that is not read" }
    }

    private mutating func take(value: [UInt8]) {
        if key == "/Info", object == "trailer" { info = String(decoding: value.prefix(32), as: UTF8.self) }
        if key == "/Type", value.elementsEqual("/EmbeddedFile".utf8) { problem = problem ?? "it holds files" }
        guard !Self.silent.contains(key) else { return }
        if value.starts(with: "u:".utf8) {
            keep(Array(value.dropFirst(2)))
        } else if value.starts(with: "b:".utf8) {
            let text = Self.octets(value.dropFirst(2))
            if Printable.isText(text) { keep(text) }
        }
    }

    private mutating func keep(_ text: [UInt8]) {
        guard text.contains(where: { $0 > 32 }) else { return }
        size += text.count + 1
        lines.append((object, text))
    }

    private static func octets(_ hex: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        var rest = hex
        while rest.count >= 2 {
            guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return output }
            output.append(value)
            rest = rest.dropFirst(2)
        }
        return output
    }

    /// Strings that programs write for programs: dates, identifiers, looks, signatures.
    private static let silent: Set<String> = [
        "/ID", "/DA", "/DS", "/NM", "/M", "/CreationDate", "/ModDate", "/LastModified", "/Lang", "/Registry",
        "/Ordering",
        "/CharSet", "/Panose", "/FontFamily", "/Cert", "/Producer", "/Creator", "/Style", "/O", "/U", "/OE", "/UE",
        "/Perms", "/IDTree",
    ]
}
