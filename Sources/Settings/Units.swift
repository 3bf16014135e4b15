// Numbers with units as the settings write them. Text in, value or nil out; overflow gives nil. Pure.

/// Durations and sizes.
package enum Units {
    /// `30s`, `5m`, `2h`, `30d` in seconds. A bare number is refused: seconds and minutes are mixed up too easily.
    package static func seconds(_ text: String) -> Int? {
        number(text, units: ["s": 1, "m": 60, "h": 3600, "d": 86_400], needsUnit: true)
    }

    /// `1000`, `10KiB`, `50MiB`, `1GiB` in bytes.
    static func bytes(_ text: String) -> Int? {
        number(text, units: ["B": 1, "KiB": 1024, "MiB": 1 << 20, "GiB": 1 << 30], needsUnit: false)
    }

    /// Digits only.
    static func count(_ text: String) -> Int? { number(text, units: [:], needsUnit: false) }

    /// A duration in its largest whole unit, for messages.
    static func show(seconds: Int) -> String {
        for (unit, size) in [("d", 86_400), ("h", 3600), ("m", 60)] where seconds >= size && seconds % size == 0 {
            return "\(seconds / size)\(unit)"
        }
        return "\(seconds)s"
    }

    /// A size in its largest whole unit, for messages.
    static func show(bytes: Int) -> String {
        for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1024)] where bytes >= size && bytes % size == 0
        {
            return "\(bytes / size)\(unit)"
        }
        return "\(bytes)"
    }

    private static func number(_ text: String, units: [String: Int], needsUnit: Bool) -> Int? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard (1...18).contains(digits.utf8.count), let value = Int(digits) else { return nil }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        if unit.isEmpty { return needsUnit ? nil : value }
        guard let factor = units[String(unit)] else { return nil }
        let product = value.multipliedReportingOverflow(by: factor)
        return product.overflow ? nil : product.partialValue
    }
}
