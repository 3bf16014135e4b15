// Kleene's logic, and what a rule makes of it.

import Detection
import Policy
import Testing

struct TruthTests {
    static let permanent = Truth.unknown(.permanent("p"))
    static let temporary = Truth.unknown(.temporary("t"))
    static let all: [Truth] = [.yes, .no, permanent, temporary]

    @Test func and() {
        let table: [[Truth]] = [
            [.yes, .no, Self.permanent, Self.temporary], [.no, .no, .no, .no],
            [Self.permanent, .no, Self.permanent, Self.temporary],
            [Self.temporary, .no, Self.temporary, Self.temporary],
        ]
        for (row, left) in zip(table, Self.all) {
            for (expected, right) in zip(row, Self.all) {
                #expect(left.and(right) == expected)
                #expect(right.and(left) == expected)
                #expect((!left).or(!right) == !expected)
            }
        }
    }

    @Test(arguments: [
        (Truth.yes, Truth.no, Application.applies), (.yes, .yes, .no), (.no, .no, .no), (.no, temporary, .no),
        (permanent, .no, .appliesUnknown("p")), (permanent, .yes, .no), (.yes, permanent, .appliesUnknown("p")),
        (temporary, .no, .undecided("t")), (temporary, .yes, .no), (.yes, temporary, .undecided("t")),
        (permanent, temporary, .undecided("t")), (temporary, permanent, .undecided("t")),
    ])
    func aRuleAppliesUnlessItIsSureNotTo(_ when: Truth, _ unless: Truth, _ expected: Application) {
        #expect(Application(when: when, unless: unless) == expected)
    }
}
