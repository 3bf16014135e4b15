// The arguments of letterlock-portal, read by hand. Pure: words in, value or reason out.

import Mail

/// What was asked for.
struct Arguments: Equatable {
    /// Settings file.
    var config: String?
    /// Folder of letters.db, instead of the settings'.
    var letters: String?
    /// Address, instead of the settings'.
    var listen: HostPort?
    /// Show samples instead of letters.
    var isPreview = false
    /// Print the address really bound to standard output.
    var printAddress = false
    /// End when standard input does: who started it holds the other end.
    var endsWithInput = false

    /// What words can mean.
    enum Outcome: Equatable {
        case arguments(Arguments)
        case hashes
        case help
        case wrong(String)
    }

    static let usage =
        "usage: letterlock-portal [preview] [--config FILE] [--letters FOLDER] [--listen HOST:PORT] "
        + "[--print-address] [--end-with-input]\n"
        + "       letterlock-portal hashes"

    static let help = """
        \(usage)

        Serves the page on which recipients open letters behind links. With `portal.certificate` and
        `portal.key` in the settings it speaks TLS, else plain http: then put TLS in front.

          preview            serves every view of the page and every mail in every language instead, \
        with a sample letter in
                             a throw-away store; on loopback only, default 127.0.0.1:8480
          hashes             prints SHA-256 of every page and file that it serves, and one over all
          --config FILE      settings; default: ./letterlock.yaml, then /etc/letterlock/letterlock.yaml
          --letters FOLDER   folder of letters.db; default: `letters` in the settings' `state`
          --listen ADDRESS   HOST:PORT, [V6]:PORT or unix:/PATH; port 0 takes a free one; default: `listen.portal`
          --print-address    prints the address to standard output once it listens
          --end-with-input   ends when its standard input does, as when the program that started it was killed
          --help             this text
        """

    /// Words as the shell gives them, without the program's name. `--name value` and `--name=value` mean the same.
    static func parse(_ words: [String]) -> Outcome {
        if words == ["hashes"] { return .hashes }
        var parsed = Arguments()
        var rest = words[...]
        while let word = rest.popFirst() {
            let pieces = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(pieces[0])
            switch name {
            case "--help", "-h": return .help
            case "preview" where parsed == Arguments(): parsed.isPreview = true
            case "--print-address" where pieces.count == 1: parsed.printAddress = true
            case "--end-with-input" where pieces.count == 1: parsed.endsWithInput = true
            case "--config", "--letters", "--listen":
                guard let value = pieces.count == 2 ? String(pieces[1]) : rest.popFirst(), !value.isEmpty else {
                    return .wrong("\(name) needs a value")
                }
                if let reason = parsed.take(value, for: name) { return .wrong(reason) }
            default: return .wrong("unknown argument \"\(word)\"")
            }
        }
        return .arguments(parsed)
    }

    private mutating func take(_ value: String, for name: String) -> String? {
        switch name {
        case "--config": config = value
        case "--letters": letters = value
        default:
            guard let address = HostPort(value) else {
                return "--listen \"\(value)\" is not HOST:PORT, [V6]:PORT or unix:/PATH"
            }
            listen = address
        }
        return nil
    }
}
