// What explain shows of header fields: numbers masked, dates as they are.

import Detection
import Policy
import Testing

struct MaskingTests {
    @Test(
        "A date and its time stay",
        arguments: [
            "Mon, 30 Nov 2026 20:57:44 +0100", "2026-11-30", "2026-11-30T20:57:44Z",
            "due 30.11.2026, paid 2026-12-01 08:00",
            "1 Jan 2027 00:00 -0500 (EST)", "Invoice of 30/11/2026",
        ])
    func dates(text: String) { #expect(Masking.shown(text) == text) }

    @Test(
        "What only looks like one in its middle does not",
        arguments: [
            ("Order 123456789", "Order *****6789"), ("4111 2026-11-30 1111", "**** ****-**-** 1111"),
            ("4111.2026.11.30.1111", "****.****.**.**.1111"), ("2026-13-30", "****-13-30"), ("120261130", "*****1130"),
            ("call 030 1234 5678", "call *** **** 5678"), ("1 2026-11-30", "* ****-11-30"),
        ])
    func numbers(text: String, shown: String) { #expect(Masking.shown(text) == shown) }
}
