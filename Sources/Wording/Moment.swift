// Days and moments as people write them in each language (after the customs that CLDR records). Pure; the zone is the
// caller's affair.

import Mail

/// A day and the time of day, as numbers.
package struct Moment: Sendable, Equatable {
    /// The year, 1 to 12, 1 to 31.
    package let year: Int, month: Int, day: Int
    /// 0 to 23, 0 to 59.
    package let hour: Int, minute: Int

    /// Each number as a calendar has it.
    package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
    }
}

extension Language {
    /// A day: `1 December 2026`, `1er décembre 2026`, `1. Dezember 2026`, `1 de diciembre de 2026`, `1º dicembre 2026`.
    package func day(_ moment: Moment) -> String {
        let (day, year) = (moment.day, moment.year)
        let month = months.indices.contains(moment.month - 1) ? months[moment.month - 1] : "\(moment.month)"
        switch self {
        case .en, .nl: return "\(day) \(month) \(year)"
        case .fr: return "\(day == 1 ? "1er" : "\(day)") \(month) \(year)"
        case .it: return "\(day == 1 ? "1º" : "\(day)") \(month) \(year)"
        case .de: return "\(day). \(month) \(year)"
        case .es: return "\(day) de \(month) de \(year)"
        case .pt: return "\(day == 1 ? "1º" : "\(day)") de \(month) de \(year)"
        }
    }

    /// A day and the time, as letters write it: `1 December 2026 at 14:05`, `1er décembre 2026 à 14 h 05`, `1. Dezember
    /// 2026 um 14:05 Uhr`, `1 de diciembre de 2026 a las 14:05`, `1º dicembre 2026, ore 14:05`. Spaces inside of a time
    /// do not break.
    package func dayAndTime(_ moment: Moment) -> String {
        let clock = "\(Self.two(moment.hour)):\(Self.two(moment.minute))"
        // One o'clock is singular in Spanish and Portuguese.
        let isOne = moment.hour == 1
        switch self {
        case .en: return "\(day(moment)) at \(clock)"
        case .fr: return "\(day(moment)) à \(moment.hour)\u{a0}h\u{a0}\(Self.two(moment.minute))"
        case .de: return "\(day(moment)) um \(clock)\u{a0}Uhr"
        case .es: return "\(day(moment)) \(isOne ? "a la" : "a las") \(clock)"
        case .it: return "\(day(moment)), ore\u{a0}\(clock)"
        case .pt: return "\(day(moment)) \(isOne ? "à" : "às") \(clock)"
        case .nl: return "\(day(moment)) om \(clock)\u{a0}uur"
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private var months: [String] {
        switch self {
        case .en:
            [
                "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                "November", "December",
            ]
        case .fr:
            [
                "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
                "novembre", "décembre",
            ]
        case .de:
            [
                "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
                "November", "Dezember",
            ]
        case .es:
            [
                "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
                "noviembre", "diciembre",
            ]
        case .it:
            [
                "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre",
                "ottobre", "novembre", "dicembre",
            ]
        case .pt:
            [
                "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro",
                "novembro", "dezembro",
            ]
        case .nl:
            [
                "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober",
                "november", "december",
            ]
        }
    }
}
