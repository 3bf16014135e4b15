// letterlock-extract: looks into attachments for the gateway, behind walls. Started by the gateway, not by people.
//
//     letterlock-extract [--memory BYTES] [--pdftotext PATH]      jobs on stdin, findings on stdout
//     letterlock-extract --self-test                              does the kernel have the walls, and do they hold
//
// Exit: 0 the input has ended; 1 the self-test found a hole; 64 wrong arguments; 69 the walls cannot be put up.

import Extractor
import Glibc
import Mail

@main
enum LetterlockExtract {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        guard let arguments = Arguments(CommandLine.arguments.dropFirst()) else {
            print("usage: letterlock-extract [--memory BYTES] [--pdftotext PATH] | --self-test")
            exit(64)
        }
        let pdftotext = arguments.pdftotext ?? Arguments.find("pdftotext")
        if arguments.isSelfTest { selfTest(arguments, pdftotext) }
        if let failure = Sandbox.raise(memoryBytes: arguments.memoryBytes, pdftotext: pdftotext) {
            WorkLoop.greet(ExtractionGreeting(refusal: failure))
            exit(69)
        }
        guard let examiner = Examiner(pdftotext: pdftotext) else {
            WorkLoop.greet(ExtractionGreeting(refusal: "the database of libmagic cannot be read"))
            exit(69)
        }
        WorkLoop.greet(ExtractionGreeting(lacks: pdftotext == nil ? ["pdftotext"] : []))
        WorkLoop(examiner).run()
        exit(0)
    }

    private static func selfTest(_ arguments: Arguments, _ pdftotext: String?) -> Never {
        let outputBytes = 1 << 30
        if let failure = Sandbox.raise(
            memoryBytes: arguments.memoryBytes, pdftotext: pdftotext, outputBytes: outputBytes)
        {
            print(failure)
            exit(69)
        }
        let (lines, isTight) = Sandbox.selfTest()
        for line in lines { print(line) }
        print(pdftotext.map { "pdftotext: \($0)" } ?? "pdftotext: not installed, so PDF counts as unreadable")
        exit(isTight ? 0 : 1)
    }
}

/// The command line.
private struct Arguments {
    var memoryBytes = 512 * 1024 * 1024
    var pdftotext: String?
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
            default: return nil
            }
        }
    }

    /// A program of the system.
    static func find(_ name: String) -> String? {
        ["/usr/bin", "/usr/local/bin", "/bin"].map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}
