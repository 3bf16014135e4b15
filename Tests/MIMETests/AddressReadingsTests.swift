// From as programs and people write it, and as attackers do: which addresses some program may see in it.

import MIME
import Mail
import SettingValues
import Testing

@Suite struct AddressReadingsTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let field: String
        let addresses: Set<String>
        var isUnreadable = false
        var testDescription: String { field }

        init(_ field: String, _ addresses: Set<String>, isUnreadable: Bool = false) {
            (self.field, self.addresses, self.isUnreadable) = (field, addresses, isUnreadable)
        }
    }

    private static let alice: Set<String> = ["alice@x.org"]
    private static let both: Set<String> = ["alice@x.org", "boss@y.org"]

    /// What has one reading only.
    static let everyday = [
        "alice@x.org", "<alice@x.org>", "Alice <alice@x.org>", "Smith, Alice <alice@x.org>",
        "\"Smith, Alice\" <alice@x.org>", "alice@x.org (Alice Smith)", "alice@x.org (Alice (Sales) Smith)",
        "Alice Smith (Sales) <alice@x.org>", "\"Alice \\\"Al\\\" Smith\" <alice@x.org>",
        "Alice \"Al\" Smith <alice@x.org>",
        "\"Smith\\, Alice\" <alice@x.org>", "'Alice Smith' <alice@x.org>", "'alice@x.org' <alice@x.org>",
        "\"alice@x.org\" <alice@x.org>", "alice@x.org <alice@x.org>", "\"boss@y.org via CRM\" <alice@x.org>",
        "\"boss@y.org\" <alice@x.org>", "Sales@Acme <alice@x.org>", "Alice @ Work <alice@x.org>", "alice @ x.org",
        "=?utf-8?q?Smith=2C_Alice?= <alice@x.org>", "=?utf-8?b?QWxpY2Ugw4k=?= <alice@x.org>",
        "=?utf-8?q?boss=40y.org?= <alice@x.org>", "Älice <alice@x.org>", "Alice [Sales] <alice@x.org>",
        "Alice Smith, M.D. <alice@x.org>", "Team: alice@x.org;", "Team: Alice <alice@x.org>;", "alice@x.org,",
        "Alice\r\n <alice@x.org>", "Alice <\r\n alice@x.org>", "<alice@x.org> Alice", "Alice<alice@x.org>",
        "山田（営業） <alice@x.org>", "O'Brien, Alice (Sales) <alice@x.org>", "Alice; Sales <alice@x.org>",
        "alice@x.org (wrote boss@y.org)",
    ]
    @Test(arguments: everyday) func everydayShapesHaveOneReading(_ field: String) throws {
        let readings = try Self.readings(field)
        #expect(readings.mailboxes.map(\.description) == ["alice@x.org"])
        #expect(!readings.hasUnreadable)
    }

    static let odd: [Shape] = [
        // Two in angle brackets, or one before them.
        Shape("<boss@y.org> <alice@x.org>", both), Shape("Alice <alice@x.org> <boss@y.org>", both),
        Shape("boss@y.org <alice@x.org>", both), Shape("Boss boss@y.org <alice@x.org>", both),
        Shape("<alice@x.org> boss@y.org", both),
        Shape("\"boss\"@y.org <alice@x.org>", ["\"boss\"@y.org", "alice@x.org"]),
        Shape("<alice@x.org,boss@y.org>", both),
        Shape("<alice@x.org boss@y.org>", both.union(["alice@x.orgboss", "x.orgboss@y.org"])),
        Shape("<alice@x.org;boss@y.org>", both), Shape("alice@x.org boss@y.org", both),
        Shape("alice@x.org, boss@y.org", both), Shape("alice@x.org; boss@y.org", both),
        Shape("'boss@y.org' <alice@x.org>", both),
        Shape("'o'hara@y.org' <alice@x.org>", ["o'hara@y.org", "alice@x.org"]),
        Shape("alice@x.org [mailto:alice@x.org]", alice),
        // Groups, colons, routes.
        Shape("boss@y.org: alice@x.org;", both), Shape("Team: alice@x.org, boss@y.org;", both),
        Shape("<@a.org,@b.org:alice@x.org>", alice), Shape("<@a.org:boss@y.org:alice@x.org>", both),
        Shape("mailto:alice@x.org", alice), Shape("Alice <mailto:alice@x.org>", alice),
        // Names that hold an address for who takes quotes, comments and encoded words apart too late or too early.
        Shape("\"<boss@y.org>\" <alice@x.org>", both), Shape("(<boss@y.org>) <alice@x.org>", both),
        Shape("=?utf-8?q?=3Cboss=40y.org=3E?= <alice@x.org>", both),
        Shape("=?utf-8?q?boss=40y.org=2C?= <alice@x.org>", both), Shape("=?utf-8?q?boss=40y.org?=", ["boss@y.org"]),
        Shape("=?utf-8?q?Boss_=3Cboss=40y.org=3E?=", ["boss@y.org"]),
        // No angle bracket, or half of one.
        Shape("Alice Smith alice@x.org", alice), Shape("\"Alice Smith\" alice@x.org", alice),
        Shape("<alice@x.org", alice),
        Shape("Alice <alice@x.org, boss@y.org", both), Shape("alice@x.org> <boss@y.org>", both),
        // Quotes and comments without an end.
        Shape("\"Alice <alice@x.org>", alice), Shape("(Alice <alice@x.org>", alice),
        Shape("alice@x.org (, boss@y.org", both), Shape("alice@x.org \", boss@y.org", both),
        // Comments inside.
        Shape("<alice(Alice)@x.org>", alice), Shape("alice(Alice)@x.org", alice),
        Shape("alice@x.org(boss@y.org)", alice),
        // Backslashes, quotes, dots, several @.
        Shape("<boss\\@y.org>", ["boss@y.org"]), Shape("boss\\@y.org, alice@x.org", both),
        Shape("\\\"boss@y.org\\\" <alice@x.org>", both), Shape("<alice@x.org.>", alice), Shape("alice@x.org..", alice),
        Shape("<\"boss@y.org\">", ["boss@y.org"]),
        Shape("<\"boss@y.org\"@x.org>", ["\"boss@y.org\"@x.org", "boss@y.org", "y.org@x.org"]),
        Shape("boss@y.org@x.org", ["boss@y.org", "y.org@x.org"]),
        // Control characters, white space, what is not seen, look-alikes.
        Shape("<boss@y.org\u{0}@x.org>", ["boss@y.org", "y.org@x.org"]),
        Shape("<al ice@x.org>", ["alice@x.org", "ice@x.org"]),
        Shape("boss@y.org\u{1}<alice@x.org>", both), Shape("boss\u{FF20}y.org <alice@x.org>", both),
        Shape("\u{FF1C}boss@y.org\u{FF1E} <alice@x.org>", both.union(["\u{FF1C}boss@y.org\u{FF1E}"])),
        Shape("boss\u{FE6B}y.org", ["boss@y.org"]),
        Shape("boss@y\u{3002}org\u{FF0C} alice@x.org", both.union(["boss@y\u{3002}org\u{FF0C}"])),
        Shape("boss@y.org\u{A0}<alice@x.org>", both.union(["boss@y.org\u{A0}"])),
        // Nothing, or nothing that can be read.
        Shape("", []), Shape("<>", []), Shape("nobody in particular", []), Shape("undisclosed-recipients:;", []),
        Shape("<boss>", [], isUnreadable: true), Shape("<boss>, alice@x.org", alice, isUnreadable: true),
        Shape("boss@, alice@x.org", alice, isUnreadable: true), Shape("@y.org", [], isUnreadable: true),
        Shape("boss@y..org, alice@x.org", alice, isUnreadable: true),
    ]
    @Test(arguments: odd) func oddShapesHaveAllTheirReadings(_ shape: Shape) throws {
        let readings = try Self.readings(shape.field)
        #expect(Set(readings.mailboxes.map(\.description)) == shape.addresses)
        #expect(readings.hasUnreadable == shape.isUnreadable)
    }

    /// The one reading of RFC 5322 comes first, whatever else there is.
    @Test func theStandardsReadingIsTheFirst() throws {
        #expect(try Self.readings("boss@y.org <alice@x.org>").mailboxes.first?.description == "alice@x.org")
        #expect(try Self.readings("<boss@y.org> <alice@x.org>").mailboxes.first?.description == "alice@x.org")
    }

    @Test(arguments: ["<", "<a@b.org", "(", "\"", "\\", "@", "a@b@", ",", ":", "=?utf-8?q?"])
    func longFieldsAreReadOnce(_ piece: String) throws {
        _ = try Self.readings(String(repeating: piece, count: 20_000))
    }

    private static func readings(_ field: String) throws -> AddressReadings {
        let parsed = try read(received(MessageBytes("From: \(field)\r\n\r\nx\r\n")), limits: Limits())
        return try #require(parsed.root.header.first("From")).addressReadings
    }
}
