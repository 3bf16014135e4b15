// To and Cc as they are written.

import MIME
import Mail
import Testing

@Suite struct AddressListTests {
    static let cases: [(String, [String])] = [
        ("bob@example.org", ["bob@example.org"]), ("Bob <bob@example.org>", ["bob@example.org"]),
        ("\"Bob, the <builder>\" <bob@example.org>, carol@example.net", ["bob@example.org", "carol@example.net"]),
        ("bob@example.org (Bob (the) builder)", ["bob@example.org"]), ("bob @ example.org", ["bob@example.org"]),
        ("Friends: a@x.org, B <b@x.org>; c@x.org", ["a@x.org", "b@x.org", "c@x.org"]), ("undisclosed-recipients:;", []),
        ("<@relay.example:bob@example.org>", ["bob@example.org"]),
        ("\"quoted local\"@x.org", ["\"quoted local\"@x.org"]),
        ("<\"a>b\"@x.org>", ["\"a>b\"@x.org"]), ("a@x.org;b@x.org", ["a@x.org", "b@x.org"]), ("", []), (",,,", []),
        ("no address", []), ("<>", []), ("<a@x.org", ["a@x.org"]), ("\"open <a@x.org>", []), ("(open <a@x.org>", []),
        ("=?utf-8?q?eve=40x.org=2C?= <a@x.org>", ["a@x.org"]), ("ä@exämple.org", ["ä@exämple.org"]),
        ("a@x.org b@x.org", []), ("A <a@x.org> <b@x.org>", ["b@x.org"]), ("\\", []), ("\"\\", []), ("(\\", []),
        ("<\"\\", []),
    ]
    @Test(arguments: cases) func finds(_ value: String, _ mailboxes: [String]) {
        #expect(AddressList.parse(value).map(\.mailbox.description) == mailboxes)
    }

    static let names: [(String, String)] = [
        ("Bob Builder <b@x.org>", "Bob Builder"), ("\"Builder, Bob\" <b@x.org>", "Builder, Bob"),
        ("b@x.org (Bob)", "Bob"),
        ("=?utf-8?q?Zo=C3=AB?= <b@x.org>", "Zoë"), ("b@x.org", ""), ("Bob \"the\" B. <b@x.org>", "Bob the B."),
        ("\"=?utf-8?q?Zo=C3=AB?=\" <b@x.org>", "Zoë"),
    ]
    @Test(arguments: names) func readsNames(_ value: String, _ name: String) {
        #expect(AddressList.parse(value).map(\.name) == [name])
    }

    @Test func readsAThousand() {
        let value = (0..<1000).map { "\"N, \($0)\" <n\($0)@x.org>" }.joined(separator: ",\r\n ")
        #expect(AddressList.parse(value).count == 1000)
    }
}
