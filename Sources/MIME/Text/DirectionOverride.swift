// Text as it stands on the screen where characters turn its order round: right-to-left override U+202E (UAX #9), which
// HTML writes as `<bdo dir=rtl>` too. Only overrides, for these alone put a number's digits in another order. Pure;
// linear.

/// Order on the screen.
package enum DirectionOverride {
    /// Right-to-left override as UTF-8.
    private static let mark: [UInt8] = [0xE2, 0x80, 0xAE]
    static let rightToLeft: Unicode.Scalar = "\u{202E}"
    static let leftToRight: Unicode.Scalar = "\u{202D}"
    static let pop: Unicode.Scalar = "\u{202C}"
    /// Levels that are kept apart; deeper ones go with theirs (UAX #9 section 3.3.2 knows 125).
    private static let depthLimit = 60

    /// The text in the order in which it is seen, marks taken out; nil where nothing turns it round.
    package static func visual(_ text: String) -> String? {
        var text = text
        let isTurned = text.withUTF8 { UnsafeRawBufferPointer($0).find(mark, from: 0) != nil }
        guard isTurned else { return nil }
        var lines: [Unicode.Scalar] = []
        lines.reserveCapacity(text.utf8.count)
        var line = Line()
        for scalar in text.unicodeScalars {
            // A paragraph ends every override (rule X8).
            if scalar == "\n" || scalar == "\u{2029}" {
                lines += line.finish()
                lines.append(scalar)
                line = Line()
            } else {
                line.take(scalar)
            }
        }
        lines += line.finish()
        return String(String.UnicodeScalarView(lines))
    }

    /// One paragraph. Where a stretch begins that runs against the one around it, and where such a one ends, all behind
    /// is turned once: every character is turned at most once per level.
    private struct Line {
        private var out: [Unicode.Scalar] = []
        private var starts: [(place: Int, isRight: Bool, turns: Bool)] = []
        private var excess = 0

        mutating func take(_ scalar: Unicode.Scalar) {
            switch scalar.value {
            // Embeddings and isolates change no order of digits within one number, but have their own ends.
            case 0x202A, 0x202B, 0x2066...0x2068: open(isRight: starts.last?.isRight ?? false)
            case 0x202D: open(isRight: false)
            case 0x202E: open(isRight: true)
            case 0x202C, 0x2069: close()
            default: out.append(scalar)
            }
        }

        private mutating func open(isRight: Bool) {
            guard starts.count < DirectionOverride.depthLimit else {
                excess += 1
                return
            }
            let around = starts.last?.isRight ?? false
            starts.append((out.count, isRight, isRight != around))
        }

        private mutating func close() {
            if excess > 0 {
                excess -= 1
            } else if let start = starts.popLast(), start.turns {
                out[start.place...].reverse()
            }
        }

        mutating func finish() -> [Unicode.Scalar] {
            while let start = starts.popLast() {
                if start.turns { out[start.place...].reverse() }
            }
            return out
        }
    }
}

extension DirectionOverride {
    /// The text without marks that turn nothing round.
    static func withoutMarks(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { (0x202A...0x202E).contains($0.value) }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { !(0x202A...0x202E).contains($0.value) }))
    }
}
