// over, under: limits of a number that is known, or known to lie between two others. Pure.

import Detection

/// `over` and `under`, both exclusive.
struct CountTest: Sendable, Equatable {
    var over: Int?
    var under: Int?

    var label: String {
        [over.map { "over \($0)" }, under.map { "under \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }

    /// The answer for a number that is known.
    func answer(_ number: Int) -> Truth { answer(atLeast: number, atMost: number, because: .permanent("")) }

    /// The answer for a number of which only limits are known.
    /// - Parameters:
    ///   - upper: nil where there may be any number.
    ///   - reason: why it is not known.
    func answer(atLeast lower: Int, atMost upper: Int?, because reason: Truth.Unknown) -> Truth {
        var answer = Truth.yes
        if let over { answer = answer.and(Self.isOver(over, lower, upper, reason)) }
        if let under {
            // Not under 5 is over 4.
            answer = answer.and(!Self.isOver(under &- 1, lower, upper, reason))
        }
        return answer
    }

    private static func isOver(_ limit: Int, _ lower: Int, _ upper: Int?, _ reason: Truth.Unknown) -> Truth {
        if lower > limit { return .yes }
        if let upper, upper <= limit { return .no }
        return .unknown(reason)
    }
}

extension SizeTest {
    /// The same limits as plain numbers.
    var asCount: CountTest { CountTest(over: overBytes, under: underBytes) }
}
