// Days as each language writes them.

import Mail
import Testing
import Wording

struct DateTests {
    private static let first: [(Language, String)] = [
        (.en, "1 March 2026 at 09:05"), (.fr, "1er mars 2026 à 9\u{a0}h\u{a0}05"),
        (.de, "1. März 2026 um 09:05\u{a0}Uhr"), (.es, "1 de marzo de 2026 a las 09:05"),
        (.it, "1º marzo 2026, ore\u{a0}09:05"), (.pt, "1º de março de 2026 às 09:05"),
        (.nl, "1 maart 2026 om 09:05\u{a0}uur"),
    ]

    @Test(arguments: first) func theFirstOfAMonth(_ language: Language, _ expected: String) {
        #expect(language.dayAndTime(Moment(year: 2026, month: 3, day: 1, hour: 9, minute: 5)) == expected)
    }

    @Test func oneOClockIsSingular() {
        let moment = Moment(year: 2026, month: 3, day: 2, hour: 1, minute: 30)
        #expect(Language.es.dayAndTime(moment) == "2 de marzo de 2026 a la 01:30")
        #expect(Language.pt.dayAndTime(moment) == "2 de março de 2026 à 01:30")
    }

    @Test(arguments: Language.allCases) func everyMonthHasANameOfItsOwn(_ language: Language) {
        let days = (1...12).map { language.day(Moment(year: 2026, month: $0, day: 31)) }
        #expect(Set(days).count == 12)
        #expect(days.allSatisfy { $0.hasPrefix("31") && $0.hasSuffix("2026") && $0.contains { $0.isLetter } })
    }
}
