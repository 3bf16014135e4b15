// Numbers with units as the settings write them. Text in, value or nil out; overflow gives nil. Pure.

/// Durations and sizes.
package enum Units {
    /// `30s`, `5m`, `2h`, `30d` in seconds. A bare number is refused: seconds and minutes are mixed up too easily.
    package static func seconds(_ text: String) -> Int? {
        number(text, units: ["s": 1, "m": 60, "h": 3600, "d": 86_400], needsUnit: true)
    }

    /// `1000`, `10KiB`, `50MiB`, `1GiB`, or in thousands `10KB`, `50MB`, `1GB`, in bytes: as the policy writes sizes.
    static func bytes(_ text: String) -> Int? {
        number(
            text,
            units: [
                "B": 1, "KiB": 1024, "MiB": 1 << 20, "GiB": 1 << 30, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000,
            ], needsUnit: false)
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

    /// What was meant by a size that is none: `50mb` and `50M` by `50MB`; nil where that is not plain.
    static func meantBytes(_ text: String) -> String? {
        let units = ["kb", "mb", "gb", "kib", "mib", "gib", "k", "m", "g", "ki", "mi", "gi", "b"]
        let proper = ["KB", "MB", "GB", "KiB", "MiB", "GiB", "KB", "MB", "GB", "KiB", "MiB", "GiB", "B"]
        return meant(text, zip(units, proper)) { bytes($0) }
    }

    /// What was meant by a duration that is none: `5 min` by `5m`; nil where that is not plain.
    static func meantSeconds(_ text: String) -> String? {
        let words = [
            ("s", ["s", "sec", "secs", "second", "seconds"]), ("m", ["m", "min", "mins", "minute", "minutes"]),
            ("h", ["h", "hr", "hrs", "hour", "hours"]), ("d", ["d", "day", "days"]),
        ]
        return meant(text, words.flatMap { unit, names in names.map { ($0, unit) } }) { seconds($0) }
    }

    private static func meant(
        _ text: String, _ units: some Sequence<(String, String)>, _ convert: (String) -> Int?
    ) -> String? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard let proper = units.first(where: { $0.0 == unit })?.1, convert("\(digits)\(proper)") != nil else {
            return nil
        }
        return "\(digits)\(proper)"
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
