// Who may come in, and from where a request may come: settings of the page, and the checks of Host, Origin and
// Sec-Fetch-Site that keep other sites' pages out, also on loopback (a name that an attacker owns can point there).

import HTTPTypes
package import SASL
import SettingValues

/// How the page is guarded.
package struct AdminAccess: Sendable {
    /// nil: nobody is asked for a password, which only a listener on loopback or a Unix socket may have.
    package var login: AdminLoginDesk?
    /// True on loopback and on a Unix socket.
    package var isLocal: Bool
    /// True where browsers speak TLS to us.
    package var isTLS: Bool
    /// Names by which browsers may ask for the page, lower case, without port; loopback's own names need not be among
    /// them.
    package var names: Set<String>
    /// A session ends after so long without a request.
    package var idle: Duration = .seconds(AdminSettings().idleSeconds)
    /// A session ends after so long in any case.
    package var longest: Duration = .seconds(AdminSettings().sessionSeconds)
    /// Whether a client, by its address, may read /metrics and the details of /readyz without a session.
    package var mayWatch: @Sendable (String) -> Bool

    package init(
        login: AdminLoginDesk?, isLocal: Bool, isTLS: Bool, names: Set<String>,
        mayWatch: @escaping @Sendable (String) -> Bool = { _ in false }
    ) {
        self.login = login
        self.isLocal = isLocal
        self.isTLS = isTLS
        self.names = names
        self.mayWatch = mayWatch
    }

    /// `__Host-` where TLS lets it be: no other host and no plain page of this one can set it.
    var cookieName: String { isTLS ? "__Host-letterlock-admin" : "letterlock-admin" }

    /// The header that sets the cookie.
    func cookie(_ token: String) -> String {
        "\(cookieName)=\(token); Path=/; HttpOnly; SameSite=Strict\(isTLS ? "; Secure" : "")"
    }

    /// The header that takes it back.
    var endedCookie: String { cookie("") + "; Max-Age=0" }

    /// The session token in a request; nil where there is none.
    func token(in headers: HTTPFields) -> String? {
        for field in headers[values: .cookie] {
            for pair in field.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == cookieName else { continue }
                return String(parts[1])
            }
        }
        return nil
    }

    /// True where the request names this page and not somebody's name that leads here.
    func isOurs(host: String?) -> Bool {
        guard let host, let name = Self.name(of: host) else { return false }
        if names.contains(name) { return true }
        return isLocal && Self.isLoopback(name)
    }

    /// True where a form was sent by a page of ours: the browser says so by Sec-Fetch-Site or by Origin.
    func isFromOurPage(_ headers: HTTPFields, host: String?) -> Bool {
        let site = headers[values: Self.fetchSite]
        let origin = headers[values: .origin]
        guard site.count < 2, origin.count < 2 else { return false }
        if let site = site.first, site != "same-origin" { return false }
        // Our pages send no referrer, so forms have the origin "null": then Sec-Fetch-Site must have spoken.
        if let origin = origin.first, origin != "null" {
            guard let host, origin.lowercased() == "\(isTLS ? "https" : "http")://\(host.lowercased())" else {
                // Behind a proxy with TLS on a local socket the scheme is the proxy's.
                guard isLocal, let host, origin.lowercased() == "https://\(host.lowercased())" else { return false }
                return true
            }
            return true
        }
        return site.first == "same-origin"
    }

    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site") ?? .origin

    /// Lower case, without port and brackets; nil where it is malformed.
    static func name(of host: String) -> String? {
        let host = host.lowercased()
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let rest = host[host.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            return String(host[host.index(after: host.startIndex)..<end])
        }
        guard let colon = host.firstIndex(of: ":") else { return host.isEmpty ? nil : host }
        guard isPort(host[colon...]), colon > host.startIndex else { return nil }
        return String(host[..<colon])
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.dropFirst().utf8.allSatisfy { (48...57).contains($0) }
    }

    /// `localhost`, `127.…`, `::1`.
    package static func isLoopback(_ name: String) -> Bool {
        if name == "localhost" || name == "::1" { return true }
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers.first == 127 && !numbers.contains(nil)
    }
}
