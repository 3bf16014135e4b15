// What postconf tells, read: parameters, services, what a service overrides, and who listens where.

import Doctor
import Mail
import Testing

struct PostfixConfigurationTests {
    private static let postfix = PostfixConfiguration(
        folder: "/etc/postfix",
        main: """
            content_filter = lmtp:[127.0.0.1]:10024
            queue_directory = /var/spool/postfix
            bounce_queue_lifetime = 5d
            delay = 90
            master_service_disable = submission.inet
            """,
        master: """
            smtp       inet  n       -       y       -       -       smtpd
            submission inet  n       -       y       -       -       smtpd
            127.0.0.1:10026 inet n   -       n       -       10      smtpd
            pickup     unix  n       -       y       60      1       pickup
            """, options: "127.0.0.1:10026/inet/content_filter = \n")

    @Test func aServiceHasItsOwnValueBeforeTheCommonOne() throws {
        let back = try #require(Self.postfix.services.first { $0.name == "127.0.0.1:10026" })
        #expect(Self.postfix.value("content_filter") == "lmtp:[127.0.0.1]:10024")
        #expect(Self.postfix.value("content_filter", of: back).isEmpty)
        #expect(Set(Self.postfix.values("content_filter")) == ["lmtp:[127.0.0.1]:10024", ""])
        #expect(Self.postfix.value("no_such").isEmpty)
    }

    @Test func aServiceThatIsSwitchedOffIsNoEntrance() {
        #expect(Self.postfix.entrances.map(\.name) == ["smtp", "127.0.0.1:10026", "pickup"])
    }

    @Test(arguments: [("bounce_queue_lifetime", 432_000), ("delay", 90)]) func timesHaveUnits(
        _ name: String, _ seconds: Int
    ) {
        #expect(Self.postfix.seconds(name) == seconds)
    }

    @Test func destinationsLeadToListeners() throws {
        let lmtp = try #require(HostPort("127.0.0.1:10024"))
        let other = try #require(HostPort("127.0.0.1:10025"))
        #expect(Self.postfix.leads(Self.postfix.value("content_filter"), to: [lmtp]))
        #expect(!Self.postfix.leads(Self.postfix.value("content_filter"), to: [other]))
        #expect(Self.postfix.server(on: try #require(HostPort("127.0.0.1:25")))?.name == "smtp")
        #expect(Self.postfix.server(on: other) == nil)
    }
}
