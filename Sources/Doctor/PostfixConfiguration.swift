// One Postfix instance as postconf(1) tells it: parameters with their defaults, services, and what a service overrides.
// Text in, value out. Pure.

import Foundation
import Mail

/// Settings of one instance.
package struct PostfixConfiguration {
    /// One line of master.cf.
    struct Service {
        /// `smtp/inet`, `127.0.0.1:10026/inet`: as postconf -P names it.
        let key: String
        /// `127.0.0.1:10026`.
        let name: String
        /// `inet`, `unix`, `pass`, …
        let type: String
        /// `smtpd`, `cleanup`, …
        let program: String
    }

    let folder: String
    /// Every parameter, `$name` expanded.
    let parameters: [String: String]
    let services: [Service]
    /// By service key: what stands after `-o`.
    let overrides: [String: [String: String]]

    /// Reads what postconf has printed. Lines that are none of its are passed over.
    /// - Parameters:
    ///   - folder: of the instance, for findings and hints.
    ///   - main: of `postconf -x`.
    ///   - master: of `postconf -M`.
    ///   - options: of `postconf -P -x`.
    package init(folder: String, main: String, master: String, options: String) {
        self.folder = folder
        var parameters: [String: String] = [:]
        for line in main.split(separator: "\n") {
            guard let (name, value) = Self.pair(line) else { continue }
            parameters[name] = value
        }
        self.parameters = parameters
        services = master.split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count >= 8, !line.hasPrefix(" "), !line.hasPrefix("\t") else { return nil }
            return Service(key: "\(words[0])/\(words[1])", name: words[0], type: words[1], program: words[7])
        }
        var overrides: [String: [String: String]] = [:]
        for line in options.split(separator: "\n") {
            // `127.0.0.1:10026/inet/content_filter = `
            guard let (path, value) = Self.pair(line), let slash = path.lastIndex(of: "/") else { continue }
            overrides[String(path[..<slash]), default: [:]][String(path[path.index(after: slash)...])] = value
        }
        self.overrides = overrides
    }

    private static func pair(_ line: Substring) -> (String, String)? {
        guard let equals = line.firstIndex(of: "=") else { return nil }
        func trimmed(_ text: Substring) -> String {
            String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        return (trimmed(line[..<equals]), trimmed(line[line.index(after: equals)...]))
    }

    /// The value for a service: its own, else that of main.cf; "" where there is none.
    func value(_ name: String, of service: Service? = nil) -> String {
        if let service, let own = overrides[service.key]?[name] { return own }
        return parameters[name] ?? ""
    }

    /// The SMTP servers that master(8) starts, and what hands in mail of sendmail(1).
    var entrances: [Service] {
        services.filter { ["smtpd", "pickup"].contains($0.program) && !isSwitchedOff($0) }
    }

    /// True where `master_service_disable` names it: by type, or by name and type.
    func isSwitchedOff(_ service: Service) -> Bool {
        value("master_service_disable").split { $0 == "," || $0.isWhitespace }.contains { word in
            word == service.type || word == "\(service.name).\(service.type)" || word == service.key
        }
    }

    /// All values of a parameter: main.cf's, and every service's own.
    func values(_ name: String) -> [String] {
        [value(name)] + overrides.values.compactMap { $0[name] }
    }

    /// Seconds of a time with Postfix's units; a bare number is seconds.
    func seconds(_ name: String) -> Int? {
        let text = value(name)
        let factors: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let last = text.last else { return nil }
        if let factor = factors[last] {
            return Int(text.dropLast()).map { $0.multipliedReportingOverflow(by: factor) }?.0
        }
        return Int(text)
    }

    /// The SMTP server that listens on an address, or nil.
    func server(on address: HostPort) -> Service? {
        services.first { service in
            guard service.program == "smtpd" || service.program == "postscreen" else { return false }
            switch address {
            case .tcp(let host, let port):
                guard service.type == "inet" else { return false }
                let parts = service.name.split(separator: ":")
                let number = parts.last.map { Self.ports[String($0)] ?? String($0) }
                guard number == String(port) else { return false }
                return parts.count < 2 || Self.isSameHost(parts.dropLast().joined(separator: ":"), host)
            case .unix(let path): return service.type == "unix" && isSame(path: service.name, path)
            }
        }
    }

    /// True where a destination (`lmtp:[127.0.0.1]:10024`, `inet:localhost:8891`, `unix:/run/x`, or several of them)
    /// names one of our listeners.
    func leads(_ destinations: String, to listeners: [HostPort]) -> Bool {
        destinations.split { $0 == "," || $0 == "{" || $0 == "}" || $0.isWhitespace }.contains { word in
            listeners.contains { isSame(String(word), $0) }
        }
    }

    private func isSame(_ destination: String, _ listener: HostPort) -> Bool {
        switch listener {
        case .unix(let path):
            guard let mark = destination.range(of: "unix:") else { return false }
            return isSame(path: String(destination[mark.upperBound...]), path)
        case .tcp(let host, let port):
            guard let colon = destination.lastIndex(of: ":") else { return false }
            let number = String(destination[destination.index(after: colon)...])
            guard (Self.ports[number] ?? number) == String(port) else { return false }
            var name = destination[..<colon]
            if name.hasSuffix("]"), let open = name.lastIndex(of: "[") {
                name = name[name.index(after: open)...].dropLast()
            } else if let transport = name.lastIndex(of: ":") {
                name = name[name.index(after: transport)...]
            }
            return Self.isSameHost(String(name), host)
        }
    }

    /// Postfix's paths may begin at its queue folder.
    private func isSame(path: String, _ ours: String) -> Bool {
        path == ours || (!path.hasPrefix("/") && ours == "\(value("queue_directory"))/\(path)")
            || ours == "\(value("queue_directory"))\(path)"
    }

    private static let ports = ["smtp": "25", "submission": "587", "submissions": "465", "smtps": "465", "lmtp": "24"]

    /// A listener on all addresses is reached by any name.
    private static func isSameHost(_ name: String, _ ours: String) -> Bool {
        func plain(_ text: String) -> String {
            let bare = text.lowercased().filter { $0 != "[" && $0 != "]" }
            return bare == "localhost" || bare == "::1"
                ? "127.0.0.1" : bare.hasPrefix("ipv6:") ? plain(String(bare.dropFirst(5))) : bare
        }
        return plain(name) == plain(ours) || ["0.0.0.0", "::"].contains(ours)
            || ["0.0.0.0", "::"].contains(plain(name))
    }
}
