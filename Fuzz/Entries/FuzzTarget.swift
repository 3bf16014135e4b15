// What the fuzzers feed: one pure entry for each reader of untrusted bytes. An entry traps where a promise is broken;
// what is found is kept in Tests/Corpus/fuzz/NAME and fed again by FuzzReplayTests.

/// A reader under attack.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case smtpServer = "smtp-server"
    case smtpClient = "smtp-client"
    case milter
    case mime
    case openPGP = "openpgp"
    case extractor
    case documents

    /// Feeds one input. Returns, or traps.
    public func run(_ input: [UInt8]) {
        switch self {
        case .smtpServer: ServerEntry.run(input)
        case .smtpClient: ClientEntry.run(input)
        case .milter: MilterEntry.run(input)
        case .mime: MIMEEntry.run(input)
        case .openPGP: OpenPGPEntry.run(input)
        case .extractor: ExtractorEntry.run(input)
        case .documents: DocumentsEntry.run(input)
        }
    }
}

/// A promise that every input must leave standing.
func promise(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fatalError("fuzz: \(what())") }
}

/// Takes decisions off the front of an input, so that one input is a whole course of events.
struct Dice {
    private var left: ArraySlice<UInt8>

    init(_ input: [UInt8]) { left = input[...] }

    /// The next octet; 0 where there is none.
    mutating func octet() -> UInt8 { left.popFirst() ?? 0 }

    /// All that is left.
    var rest: [UInt8] { Array(left) }
}
