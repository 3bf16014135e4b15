// How the keys under `next-hop` are read. Pure.

import Mail
package import SettingValues
import Yams

extension NextHopSettings {
    /// The name to verify: ``name``, else the host of ``address``; nil where that is no name.
    package var verifiedName: String? {
        if let name { return name }
        guard case .tcp(let host, _) = address, Hostname.isValid(host), !Hostname.isIPv4(host) else { return nil }
        return host.lowercased()
    }
}

/// Readers of the keys under `next-hop`.
enum NextHopReader {
    /// `host:port` or `unix:/path`.
    static func address(_ node: Node) throws(Problem) -> HostPort {
        let address = try ValueReader.address(node)
        if case .tcp(_, 0) = address { throw Problem(message: "port 0 cannot be connected to", node: node) }
        return address
    }

    /// A host name, as certificates have it.
    static func name(_ node: Node) throws(Problem) -> String {
        let takes = "the host name in the server's certificate"
        let text = try ValueReader.scalar(node, takes: takes)
        guard Hostname.isValid(text), !Hostname.isIPv4(text) else {
            throw Problem(message: "\"\(text)\" is not \(takes)", node: node)
        }
        return text.lowercased()
    }

    /// `[sha256/BASE64…]`.
    static func pins(_ node: Node) throws(Problem) -> [KeyPin] {
        var pins: [KeyPin] = []
        for item in try ValueReader.list(node, of: "public-key pins") {
            let takes = "\"sha256/\" and the 44 characters of a SHA-256 in base64"
            let text = try ValueReader.scalar(item, takes: takes)
            guard isPin(text), let pin = KeyPin(text) else {
                throw Problem(
                    message: "\"\(text)\" is not \(takes)",
                    hint: "openssl x509 -in CERT -pubkey -noout | openssl pkey -pubin -outform der | "
                        + "openssl dgst -sha256 -binary | base64",
                    node: item)
            }
            pins.append(pin)
        }
        return pins
    }

    /// 32 octets are 43 characters and one "="; the last character carries four bits only.
    private static func isPin(_ text: String) -> Bool {
        guard text.hasPrefix("sha256/"), text.hasSuffix("="), text.utf8.count == 7 + 44 else { return false }
        let characters = text.dropFirst(7).dropLast()
        guard let last = characters.last, "AEIMQUYcgkosw048".contains(last) else { return false }
        return characters.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }

    /// `{user: NAME, password-file: PATH}`.
    static func auth(_ node: Node, folder: String) throws(Problem) -> NextHopSettings.Login {
        guard let map = node.mapping else {
            throw Problem(
                message: "a \(ValueReader.kind(node)) stands here",
                hint: "it takes {user: NAME, password-file: PATH}", node: node)
        }
        var user: String?
        var file: String?
        for (key, value) in map {
            switch key.string {
            case "user":
                let text = try ValueReader.scalar(value, takes: "a user name")
                guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
                    throw Problem(message: "\"\(text)\" is not a user name", node: value)
                }
                user = text
            case "password-file": file = try ValueReader.path(value, in: folder)
            case "password":
                throw Problem(
                    message: "a password does not belong into this file",
                    hint: "write it into a file of its own (mode 0600) and name that as \"password-file\"", node: key)
            default: throw ValueReader.unknown(key, among: ["user", "password-file"])
            }
        }
        guard let user, let file else {
            throw Problem(message: "it needs both \"user\" and \"password-file\"", node: node)
        }
        return .init(user: user, passwordFile: file)
    }
}
