// The organisation's logo: read once at start, known by its first bytes and not by its name, served for <img> only.

import Foundation
import NIOCore

/// A picture that was looked at.
package struct Logo: Sendable, Equatable {
    /// Larger ones are for posters: the page is opened on telephones.
    package static let largestBytes = 100 * 1024

    /// By its first bytes.
    package let mediaType: String
    /// The file as it is.
    package let bytes: [UInt8]

    /// - Parameter file: its path.
    /// - Throws: ``PortalError/logo(_:)``.
    package init(file: String) throws(PortalError) {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw .logo("reading the logo \"\(file)\": no such file, or not readable for this user")
        }
        defer { try? handle.close() }
        let data: Data
        do {
            data = try handle.read(upToCount: Self.largestBytes + 1) ?? Data()
        } catch {
            throw .logo("reading the logo \"\(file)\": \(error.localizedDescription)")
        }
        guard data.count <= Self.largestBytes else {
            throw .logo("reading the logo \"\(file)\": it is larger than 100 KiB")
        }
        try self.init(bytes: Array(data), named: file)
    }

    /// - Parameter name: for the error.
    package init(bytes: [UInt8], named name: String) throws(PortalError) {
        guard let type = Self.mediaType(of: bytes) else {
            throw .logo("reading the logo \"\(name)\": it is no PNG, JPEG, WebP or SVG")
        }
        mediaType = type
        self.bytes = bytes
    }

    private static func mediaType(of bytes: [UInt8]) -> String? {
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) { return "image/png" }
        if bytes.starts(with: [0xff, 0xd8, 0xff]) { return "image/jpeg" }
        if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            return "image/webp"
        }
        return isSVG(bytes) ? "image/svg+xml" : nil
    }

    /// XML in UTF-8 whose first element is `svg`: comments, the declaration and a document type may stand before it.
    private static func isSVG(_ bytes: [UInt8]) -> Bool {
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        var rest = text[...]
        if rest.hasPrefix("\u{feff}") { rest.removeFirst() }
        while true {
            rest = rest.drop(while: \.isWhitespace)
            let end: Range<Substring.Index>?
            if rest.hasPrefix("<?") {
                end = rest.firstRange(of: "?>")
            } else if rest.hasPrefix("<!--") {
                end = rest.firstRange(of: "-->")
            } else if rest.hasPrefix("<!DOCTYPE"), !rest.prefix(while: { $0 != ">" }).contains("[") {
                end = rest.firstRange(of: ">")
            } else {
                return rest.hasPrefix("<svg") && rest.dropFirst(4).first.map { $0.isWhitespace || $0 == ">" } == true
            }
            guard let end else { return false }
            rest = rest[end.upperBound...]
        }
    }
}
