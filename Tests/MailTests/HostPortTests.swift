// Addresses of sockets as settings write them.

import Mail
import Testing

struct HostPortTests {
    @Test(arguments: [
        ("127.0.0.1:25", HostPort.tcp(host: "127.0.0.1", port: 25)),
        ("mail.example.org:0", .tcp(host: "mail.example.org", port: 0)),
        ("my_host:65535", .tcp(host: "my_host", port: 65535)),
        ("[::1]:10025", .tcp(host: "::1", port: 10025)),
        ("[::ffff:192.0.2.1]:1", .tcp(host: "::ffff:192.0.2.1", port: 1)),
        ("unix:/run/letterlock/smtp", .unix(path: "/run/letterlock/smtp")),
    ])
    func reads(text: String, expected: HostPort) {
        #expect(HostPort(text) == expected)
        #expect(HostPort(text)?.description == text)
    }

    @Test(arguments: [
        "", ":", ":25", "host", "host:", "host:65536", "host:-1", "host:+1", "host:1x", "host:000025", "::1:25",
        "[]:25",
        "[host]:25", "[::1]", "[::1]25", "ho st:25", "höst:25", "host:２５", "unix:", "unix:relative", "unix:/a\nb",
        "unix:/" + String(repeating: "x", count: 107), "https://host:25",
    ])
    func refuses(text: String) {
        #expect(HostPort(text) == nil)
    }
}
