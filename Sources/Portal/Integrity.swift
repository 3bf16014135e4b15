// What the browser and a reader can hold the files of the pages against: SHA-256 of each, in the pages themselves (so
// that a proxy that alters a file on its way is noticed), and as a list to be published with a release. A host that
// serves other pages can of course put other hashes into them: only the published list tells. Pure.

package import Cryptography
import Foundation
import Mail
import NIOCore
import Wording

/// Hashes of files that are served.
struct Integrity: Sendable {
    /// File name to `sha256-…`, as `integrity` attributes have it.
    private let values: [String: String]
    /// File name to the beginning of its hash in base64url, for its address.
    let versions: [String: String]
    /// The import map: for scripts that other scripts load, the address with their hash in it, and the hash. Where a
    /// browser does not know such maps, it loads them by their names, and keeps none.
    let importMap: String
    /// `'sha256-…'` of the import map, for the CSP: it is the one inline script.
    let importMapSource: String

    init(_ assets: [String: Asset]) throws(CryptographyError) {
        var values: [String: String] = [:]
        for (name, asset) in assets { values[name] = try Self.integrity(asset.bytes) }
        let versions = values.mapValues {
            String($0.dropFirst(7).prefix(16)).replacing("+", with: "-").replacing("/", with: "_")
        }
        let scripts = values.keys.filter { $0.hasSuffix(".js") }.sorted()
        func address(_ name: String) -> String { "\"/assets/\(name)?v=\(versions[name] ?? "")\"" }
        let places = scripts.map { "\"/assets/\($0)\":\(address($0))" }
        let hashes = scripts.map { "\(address($0)):\"\(values[$0] ?? "")\"" }
        self.values = values
        self.versions = versions
        importMap =
            "{\"imports\":{\(places.joined(separator: ","))},\"integrity\":{\(hashes.joined(separator: ","))}}"
        importMapSource = "'\(try Self.integrity(ByteBuffer(string: importMap)))'"
    }

    /// Values for the templates: `integrity-portal.js`, `v-portal.js` and so on, and `importmap`.
    var slots: [String: String] {
        var slots = ["importmap": importMap]
        for (name, value) in values { slots["integrity-\(name)"] = value }
        for (name, value) in versions { slots["v-\(name)"] = "?v=\(value)" }
        return slots
    }

    private static func integrity(_ bytes: ByteBuffer) throws(CryptographyError) -> String {
        "sha256-" + Data(try SHA256Digest.of(Array(bytes.readableBytesView))).base64EncodedString()
    }
}

/// What `letterlock-portal hashes` prints.
package enum PublishedHashes {
    /// Lines as sha256sum(1) writes and checks them: each file as it is served, the pages in each language, and one
    /// hash over the lines before it. An organisation's name, logo and colour are not in them: with these the pages are
    /// others.
    package static func lines() throws(CryptographyError) -> [String] {
        let pages = try Pages(Brand())
        var served = pages.assets.map { ("assets/\($0.key)", $0.value.bytes) }
        served.append(("frame", pages.frame))
        for (language, page) in pages.letter { served.append(("l/?lang=\(language.rawValue)", page)) }
        for (language, page) in pages.help { served.append(("?lang=\(language.rawValue)", page)) }
        for (language, page) in pages.confirm { served.append(("confirm?lang=\(language.rawValue)", page)) }
        for (language, page) in pages.control { served.append(("control?lang=\(language.rawValue)", page)) }
        var lines: [String] = []
        for (name, bytes) in served.sorted(by: { $0.0 < $1.0 }) {
            lines.append("\(hex(try SHA256Digest.of(Array(bytes.readableBytesView))))  \(name)")
        }
        let all = lines.map { "\($0)\n" }.joined()
        lines.append("\(hex(try SHA256Digest.of(Array(all.utf8))))  all")
        return lines
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
