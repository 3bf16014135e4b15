// How fast passwords are stretched on this machine, as measured since the process began. A value.

/// The mean over all passwords that were stretched.
struct StretchRate: Sendable {
    private var passwords = 0
    private var busy = Duration.zero

    /// Notes that stretching one password kept a thread busy for so long.
    mutating func add(_ duration: Duration) {
        passwords += 1
        busy += duration
    }

    /// How many passwords so many threads stretch in a time.
    /// - Returns: nil where nothing has been measured yet.
    func passwords(in time: Duration, threads: Int) -> Int? {
        guard passwords > 0, busy > .zero else { return nil }
        let number = Double(threads) * Double(passwords) * (max(time, .zero) / busy)
        // More than a message can have recipients is as good as any number.
        return Int(min(number, 1_000_000_000))
    }
}
