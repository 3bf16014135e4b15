// What `letterlock doctor` says of a Postfix instance: from what postconf prints to findings. The real Postfix is asked
// by Tests/RealServers/mail/test_doctor.py.

import Doctor
import Mail
import Settings
import Testing

@Suite struct PostfixRecipesTests {
    /// The gateway that the instances below lead to, or do not.
    private static let settings = """
        hostname: gate.example.org
        inside: [example.org]
        listen: {smtp: ['127.0.0.1:10025'], milter: ['127.0.0.1:10027']}
        next-hop: {address: '127.0.0.1:10026'}
        """
    /// Parameters that nothing is said about, but for the way to the gateway.
    private static let sound = """
        bounce_size_limit = 1
        message_size_limit = 52428800
        mynetworks = 127.0.0.0/8
        smtpd_relay_restrictions = permit_mynetworks, reject
        """
    private static let services = """
        smtp       inet  n  -  n  -  -  smtpd
        pickup     unix  n  -  n  60 1  pickup
        smtp       unix  -  -  n  -  -  smtp
        """

    /// Findings of one instance; `options` as `postconf -P` prints them.
    private func findings(_ main: String, services more: String = "", options: String = "") throws -> [Finding] {
        let postfix = PostfixConfiguration(
            folder: "/etc/postfix", main: "\(Self.sound)\n\(main)", master: "\(Self.services)\n\(more)",
            options: options)
        let settings = try LetterlockSettings.load(text: Self.settings, name: "letterlock.yaml")
        return PostfixRecipes(postfix: postfix, settings: settings).findings()
    }

    /// True where a finding of that state has the words in it.
    private func has(_ findings: [Finding], _ state: Finding.State, _ words: String) -> Bool {
        findings.contains { $0.state == state && $0.what.contains(words) }
    }

    @Test(
        "each recipe is recognised by the parameter that leads to the gateway",
        arguments: [
            ("relayhost = [127.0.0.1]:10025", "the recipe is only way out (relayhost)"),
            ("content_filter = smtp:[127.0.0.1]:10025", "the recipe is content_filter"),
            ("smtpd_proxy_filter = 127.0.0.1:10025", "the recipe is smtpd_proxy_filter"),
            ("smtpd_milters = inet:127.0.0.1:10027\nnon_smtpd_milters = inet:localhost:10027", "the recipe is milter"),
        ])
    func recipe(_ line: String, _ words: String) throws {
        #expect(has(try findings(line), .ok, words))
    }

    @Test("an instance that leads nowhere near the gateway gets one warning with a hint")
    func stranger() throws {
        let found = try findings("relayhost = [192.0.2.7]:25")
        #expect(found.count == 1)
        #expect(has(found, .warn, "nothing here leads to Letterlock"))
        #expect(found.first?.hint?.contains("docs/install/postfix.md") == true)
    }

    @Test(
        "a way past the gateway is a failure",
        arguments: [
            ("relayhost = [127.0.0.1]:10025\nsmtp_fallback_relay = [192.0.2.1]", "smtp_fallback_relay"),
            (
                "relayhost = [127.0.0.1]:10025\ndefault_transport = smtp:[192.0.2.9]:25",
                "default_transport is \"smtp:[192.0.2.9]:25\""
            ),
            ("relay_transport = smtp:[127.0.0.1]:10025", "the other mail leaves in clear"),
            (
                "relayhost = [127.0.0.1]:10025\nheader_checks = pcre:{{/x/ FILTER smtp:[192.0.2.9]}}",
                "header_checks has \"FILTER smtp:[192.0.2.9]\""
            ),
            ("content_filter = gate:[127.0.0.1]:10025", "master.cf has none"),
            (
                "smtpd_milters = inet:127.0.0.1:10027\nnon_smtpd_milters = inet:127.0.0.1:10027\n"
                    + "milter_default_action = accept", "milter_default_action is accept"
            ),
            ("smtpd_milters = inet:127.0.0.1:10027", "non_smtpd_milters does not name us"),
        ])
    func pastTheGateway(_ lines: String, _ words: String) throws {
        let found = try findings(lines)
        #expect(has(found, .fail, words), "\(found.map(\.text))")
    }

    @Test(
        "a limit that does not fit is a warning",
        arguments: [
            ("bounce_size_limit = 50000", "bounce_size_limit is 50000"),
            ("message_size_limit = 0", "message_size_limit is 0"),
            ("transport_maps = hash:/etc/postfix/transport", "transport_maps is set"),
            ("smtp_data_done_timeout = 60s", "smtp_data_done_timeout is 60 s"),
        ])
    func limits(_ line: String, _ words: String) throws {
        let found = try findings("relayhost = [127.0.0.1]:10025\n\(line)")
        #expect(has(found, .warn, words), "\(found.map(\.text))")
    }

    @Test("a service whose own line of master.cf empties the filter takes mail past the gateway")
    func emptied() throws {
        let found = try findings(
            "content_filter = smtp:[127.0.0.1]:10025", services: "submission inet n - n - - smtpd",
            options: "submission/inet/content_filter = ")
        #expect(has(found, .fail, "service \"submission\" takes mail for others"), "\(found.map(\.text))")
        let closed = try findings(
            "content_filter = smtp:[127.0.0.1]:10025", services: "submission inet n - n - - smtpd",
            options: "submission/inet/content_filter = \nsubmission/inet/smtpd_relay_restrictions = reject")
        #expect(!has(closed, .fail, "takes mail for others"), "\(closed.map(\.text))")
    }

    @Test("what takes the gateway's mail back must not lead to the gateway again")
    func circles() throws {
        let back = "127.0.0.1:10026 inet n - n - - smtpd"
        let round = try findings("content_filter = smtp:[127.0.0.1]:10025", services: back)
        #expect(has(round, .fail, "mail goes in circles"), "\(round.map(\.text))")
        let straight = try findings(
            "content_filter = smtp:[127.0.0.1]:10025", services: back,
            options: "127.0.0.1:10026/inet/content_filter = \n"
                + "127.0.0.1:10026/inet/receive_override_options = no_address_mappings\n"
                + "127.0.0.1:10026/inet/message_size_limit = 0")
        #expect(has(straight, .ok, "takes what we pass on"), "\(straight.map(\.text))")
        #expect(!has(straight, .fail, "circles"), "\(straight.map(\.text))")
    }

    @Test("every finding that is not good says what to do, in one line")
    func hints() throws {
        for line in ["relayhost = [127.0.0.1]:10025\nmessage_size_limit = 0", "smtpd_milters = inet:127.0.0.1:10027"] {
            for finding in try findings(line) {
                #expect((finding.state == .ok) == (finding.hint == nil), "\(finding.text)")
                #expect(!(finding.what + (finding.hint ?? "")).contains("\n"), "\(finding.text)")
            }
        }
    }

    @Test("a finding is one line of a terminal, its hint another")
    func text() throws {
        let found = try findings("relayhost = [192.0.2.7]:25")
        #expect(found.first?.text.hasPrefix("warn postfix /etc/postfix: nothing here leads to Letterlock") == true)
        #expect(found.first?.text.contains("\n       follow a recipe") == true)
    }
}
