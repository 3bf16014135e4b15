// letterlock-extract: looks into attachments for the gateway, behind walls. Started by the gateway, not by people.
//
//     letterlock-extract [--memory BYTES] [--pdftotext PATH] [--qpdf PATH]    jobs on stdin, findings on stdout
//     letterlock-extract --self-test                              does the kernel have the walls, and do they hold
//
// Exit: 0 the input has ended; 1 the self-test found a hole; 64 wrong arguments; 69 the walls cannot be put up.

import ExtractionWire
import Extractor
import Glibc

@main
enum LetterlockExtract {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        guard let arguments = Arguments(CommandLine.arguments.dropFirst()) else {
            print("usage: letterlock-extract [--memory BYTES] [--pdftotext PATH] [--qpdf PATH] | --self-test")
            exit(64)
        }
        let pdftotext = Arguments.program("pdftotext", at: arguments.pdftotext)
        let qpdf = Arguments.program("qpdf", at: arguments.qpdf)
        if arguments.isSelfTest { selfTest(arguments, pdftotext, qpdf) }
        if let failure = Sandbox.raise(
            memoryBytes: arguments.memoryBytes, programs: [pdftotext, qpdf].compactMap { $0 })
        {
            WorkLoop.greet(ExtractionGreeting(refusal: failure))
            exit(69)
        }
        guard let examiner = Examiner(pdftotext: pdftotext, qpdf: qpdf) else {
            WorkLoop.greet(ExtractionGreeting(refusal: "the database of libmagic cannot be read"))
            exit(69)
        }
        WorkLoop.greet(
            ExtractionGreeting(lacks: (pdftotext == nil ? ["pdftotext"] : []) + (qpdf == nil ? ["qpdf"] : [])))
        WorkLoop(examiner).run()
        exit(0)
    }

    private static func selfTest(_ arguments: Arguments, _ pdftotext: String?, _ qpdf: String?) -> Never {
        let outputBytes = 1 << 30
        if let failure = Sandbox.raise(
            memoryBytes: arguments.memoryBytes, programs: [pdftotext, qpdf].compactMap { $0 }, outputBytes: outputBytes)
        {
            print(failure)
            exit(69)
        }
        let (lines, isTight) = Sandbox.selfTest()
        for line in lines { print(line) }
        print(pdftotext.map { "pdftotext: \($0)" } ?? "pdftotext: not installed, so PDF counts as unreadable")
        print(qpdf.map { "qpdf: \($0)" } ?? "qpdf: not installed, so PDF with notes or forms counts as unreadable")
        exit(isTight ? 0 : 1)
    }
}

/// The command line.
private struct Arguments {
    var memoryBytes = 512 * 1024 * 1024
    var pdftotext: String?
    var qpdf: String?
    var isSelfTest = false

    init?(_ words: ArraySlice<String>) {
        var rest = words
        while let word = rest.popFirst() {
            switch word {
            case "--self-test": isSelfTest = true
            case "--memory":
                guard let bytes = rest.popFirst().flatMap({ Int($0) }), bytes > 0 else { return nil }
                memoryBytes = bytes
            case "--pdftotext":
                guard let path = rest.popFirst() else { return nil }
                pdftotext = path
            case "--qpdf":
                guard let path = rest.popFirst() else { return nil }
                qpdf = path
            default: return nil
            }
        }
    }

    /// A program at a path, or one of the system; nil where there is none.
    static func program(_ name: String, at path: String?) -> String? {
        let paths = path.map { [$0] } ?? ["/usr/bin", "/usr/local/bin", "/bin"].map { "\($0)/\(name)" }
        return paths.first { access($0, X_OK) == 0 }
    }
}
