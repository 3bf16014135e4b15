// How times stand in our own mails.

import Foundation
import Mail
import Wording

extension Language {
    /// A moment with its time and where that clock stands, for a reader may live elsewhere: `1 March 2026 at 11:05
    /// (UTC+1)`.
    /// - Parameter seconds: since 1970.
    func moment(_ seconds: Int64, in zone: TimeZone) -> String {
        let east = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds)))
        let local = seconds.addingReportingOverflow(Int64(east)).partialValue
        return "\(dayAndTime(Moment(local))) (\(Self.offset(east)))"
    }

    /// `UTC`, `UTC+1`, `UTC−5:30`.
    private static func offset(_ east: Int) -> String {
        let minutes = abs(east) / 60
        guard minutes > 0 else { return "UTC" }
        let half = minutes % 60
        let rest = half == 0 ? "" : ":\(half < 10 ? "0" : "")\(half)"
        return "UTC\(east < 0 ? "\u{2212}" : "+")\(minutes / 60)\(rest)"
    }
}

extension Moment {
    /// - Parameter seconds: since 1970, and as many more as the clock that is meant is ahead of UTC.
    init(_ seconds: Int64) {
        let (year, month, day, _) = MailDate.civil(seconds)
        let minutes = Int((seconds % 86_400 + 86_400) % 86_400) / 60
        self.init(year: Int(year), month: month, day: Int(day), hour: minutes / 60, minute: minutes % 60)
    }
}
