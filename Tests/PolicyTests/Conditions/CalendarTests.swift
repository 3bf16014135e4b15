// part and calendar: parts by their media type, and what an invitation asks for.

import Detection
import Mail
import Policy
import PolicyAnalysis
import Testing

struct CalendarTests {
    private static func mail(
        _ type: String, _ calendar: String = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR", more: String = ""
    ) -> String {
        """
        Subject: Planning\r
        MIME-Version: 1.0\r
        Content-Type: multipart/mixed; boundary=b\r
        \r
        --b\r
        Content-Type: text/plain\r
        \r
        We meet.\r
        --b\r
        Content-Type: \(type)\r
        \(more)\r
        \(calendar)\r
        --b--\r

        """
    }

    private func answer(_ when: String, _ text: String) throws -> Truth {
        try oneRule(when: when).answer(message(text))
    }

    @Test(arguments: ["text/calendar", "text/*", "[image/png, TEXT/calendar]", "multipart/mixed"])
    func aPartIsFoundByItsType(_ types: String) throws {
        let text = Self.mail("text/calendar; method=REQUEST")
        #expect(try answer("{ part: { type: \(types) } }", text) == .yes)
    }

    @Test func anotherTypeIsNotFound() throws {
        let text = Self.mail("text/calendar; method=REQUEST")
        #expect(try answer("{ part: { type: [application/ics, image/*] } }", text) == .no)
    }

    @Test("A method that header and calendar name is certain", arguments: ["request", "reply", "cancel"])
    func methods(_ method: String) throws {
        let text = Self.mail(
            "text/calendar; method=\(method.uppercased())", "BEGIN:VCALENDAR\r\nmethod:\(method)\r\nEND:VCALENDAR")
        #expect(try answer("{ calendar: \(method) }", text) == .yes)
        #expect(try answer("{ calendar: [request, reply, cancel] }", text) == .yes)
        let other = method == "request" ? "cancel" : "request"
        #expect(try answer("{ calendar: \(other) }", text) == .no)
    }

    @Test(
        "What only one of the two names, and what they differ in, is unknown",
        arguments: [
            ("text/calendar; method=REQUEST", "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR"),
            ("text/calendar; method=PUBLISH", "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR"),
            ("text/calendar; method=REQUEST", "BEGIN:VCALENDAR\r\nEND:VCALENDAR"),
            ("text/calendar", "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR"),
            ("text/calendar; method=REQUEST", "METHOD:REQUEST\r\nMETHOD:PUBLISH"),
            // No calendar, whatever it says.
            ("text/calendar; method=REQUEST", "METHOD:REQUEST\r\nThe report follows."),
            // No program takes this for the end of a line.
            ("text/calendar; method=REQUEST", "BEGIN:VCALENDAR\r\nX-A:b\u{2028}METHOD:REQUEST\r\nEND:VCALENDAR"),
            // What may be a file in it is not seen by what looks at attachments.
            (
                "text/calendar; method=REQUEST",
                "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:JVBERi0x\r\nEND:VCALENDAR"
            ),
        ])
    func doubt(_ type: String, _ calendar: String) throws {
        let text = Self.mail(type, calendar)
        #expect(try answer("{ calendar: request }", text).unknown != nil)
        #expect(try answer("{ calendar: cancel }", text) == .no)
    }

    @Test func aFoldedLineAndAParameterAreRead() throws {
        let text = Self.mail(
            "text/calendar; method=REQUEST", "BEGIN:VCALENDAR\r\nMETH\r\n OD;X=\"a:b\":REQ\r\n UEST\r\nEND:VCALENDAR")
        #expect(try answer("{ calendar: request }", text) == .yes)
    }

    @Test func aCalendarThatCannotBeReadMayAskForAnything() throws {
        let text = Self.mail(
            "text/calendar; method=PUBLISH", String(repeating: "\u{0}\u{1}\u{2}", count: 9),
            more: "Content-Transfer-Encoding: x-unknown\r\n")
        #expect(try answer("{ calendar: cancel }", text).unknown != nil)
    }

    @Test("One good calendar carries no other one along")
    func secondCalendar() throws {
        let request = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR"
        let second = { (method: String) in
            Self.mail(
                "text/calendar; method=REQUEST",
                "\(request)\r\n--b\r\nContent-Type: text/calendar; method=\(method)\r\n\r\n"
                    + request.replacing("REQUEST", with: method))
        }
        #expect(try answer("{ calendar: request }", second("REQUEST")) == .yes)
        #expect(try answer("{ calendar: [request, cancel] }", second("CANCEL")) == .yes)
        #expect(try answer("{ calendar: request }", second("PUBLISH")).unknown != nil)
        #expect(try answer("{ calendar: cancel }", second("PUBLISH")) == .no)
    }

    @Test func mailWithoutACalendarAsksForNothing() throws {
        #expect(try answer("{ calendar: [request, reply, cancel] }", Self.mail("image/png")) == .no)
        #expect(try answer("{ calendar: request }", Self.mail("text/plain; method=REQUEST")) == .no)
    }

    @Test("Mistakes are found with a hint", arguments: ["{ calendar: publish }", "{ calendar: [] }", "{ part: {} }"])
    func mistakes(_ when: String) {
        let rule = "version: 1\nrules:\n  - id: r\n    when: \(when)\n    then: { protect: required }\n"
        #expect(load(rule).ruleset == nil)
    }

    @Test("Each method, and each type, can be missed by a mutant")
    func mutants() throws {
        let rules = try oneRule(when: "{ calendar: [request, cancel], part: { type: [text/calendar, text/plain] } }")
        let changes = rules.mutants().map(\.change)
        for change in ["without request", "without cancel", "without text/calendar", "without text/plain"] {
            #expect(changes.contains { $0.hasSuffix(change) }, "\(changes)")
        }
    }
}
