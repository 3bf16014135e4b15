// The pages, filled once at start for each language from the templates in Assets/ and the tables of texts. They are the
// same for every letter and every visitor; only the language differs. All files are inside the program.

import Foundation
import Links
import NIOCore
import Wording

/// A file of the pages.
struct Asset: Sendable {
    let mediaType: String
    let bytes: ByteBuffer
}

/// All pages and files, ready to send.
struct Pages: Sendable {
    /// The unlock page, by language.
    let letter: [Language: ByteBuffer]
    /// The page at `/`.
    let help: [Language: ByteBuffer]
    /// The page of unknown addresses.
    let missing: [Language: ByteBuffer]
    /// The sender's control page.
    let control: ControlPage
    /// The document that a letter's HTML is put into.
    let frame: ByteBuffer
    /// CSP of the pages.
    let policy: String
    /// Scripts, style sheet, picture, by file name.
    let assets: [String: Asset]

    init() throws(LinkError) {
        assets = Self.files.mapValues { Asset(mediaType: $0.mediaType, bytes: Self.shortened($0)) }
        let integrity = try Integrity(assets)
        policy = SecurityHeaders.page(importMap: integrity.importMapSource)
        let slots = integrity.slots
        letter = Self.inEachLanguage { language in
            Self.fill(
                PackageResources.letter_html, language,
                slots.merging(["texts": Self.scriptData(language)]) { $1 })
        }
        help = Self.inEachLanguage { Self.notice("help", $0, slots) }
        missing = Self.inEachLanguage { Self.notice("missing", $0, slots) }
        frame = ByteBuffer(string: Stripping.script(PackageResources.frame_html))
        control = ControlPage(slots)
    }

    private static let script = "text/javascript; charset=utf-8"
    private static let sheet = "text/css; charset=utf-8"
    private static let files: [String: (mediaType: String, bytes: [UInt8])] = [
        "portal.css": (sheet, PackageResources.portal_css),
        "portal.js": (script, PackageResources.portal_js),
        "letter.js": (script, PackageResources.letter_js),
        "files.js": (script, PackageResources.files_js),
        "frame.js": (script, PackageResources.frame_js),
        "links.js": (script, PackageResources.links_js),
        "shown.js": (script, PackageResources.shown_js),
        "plain.js": (script, PackageResources.plain_js),
        "plaintext.js": (script, PackageResources.plaintext_js),
        "zip.js": (script, PackageResources.zip_js),
        "message.js": (script, PackageResources.message_js),
        "protocol.js": (script, PackageResources.protocol_js),
        "sanitise.js": (script, PackageResources.sanitise_js),
        "answer.js": (script, PackageResources.answer_js),
        "certificate.js": (script, PackageResources.certificate_js),
        "extras.js": (script, PackageResources.extras_js),
        "following.js": (script, PackageResources.following_js),
        "seal.js": (script, PackageResources.seal_js),
        "upload.js": (script, PackageResources.upload_js),
        "texts.js": (script, PackageResources.texts_js),
        "old-browser.js": (script, PackageResources.old_browser_js),
        "control.css": ("text/css; charset=utf-8", PackageResources.control_css),
        "control.js": (script, PackageResources.control_js),
        "seal.svg": ("image/svg+xml", PackageResources.seal_svg),
    ]

    private static func shortened(_ file: (mediaType: String, bytes: [UInt8])) -> ByteBuffer {
        switch file.mediaType {
        case script: ByteBuffer(string: Stripping.script(file.bytes))
        case sheet: ByteBuffer(string: Stripping.sheet(file.bytes))
        default: ByteBuffer(bytes: file.bytes)
        }
    }

    private static func inEachLanguage(_ make: (Language) -> ByteBuffer) -> [Language: ByteBuffer] {
        Dictionary(uniqueKeysWithValues: Language.allCases.map { ($0, make($0)) })
    }

    private static func notice(_ name: String, _ language: Language, _ slots: [String: String]) -> ByteBuffer {
        var values = slots
        for text in Texts.notices {
            let key = text.name.split(separator: "-", maxSplits: 1)
            guard key.first == Substring(name), let slot = key.last else { continue }
            values[String(slot)] = escape(text.written(in: language))
        }
        return fill(PackageResources.notice_html, language, values)
    }

    private static func fill(_ template: [UInt8], _ language: Language, _ more: [String: String]) -> ByteBuffer {
        var values = more
        for text in Texts.page { values[text.name] = escape(text.written(in: language)) }
        for (name, text) in Wording.Language(rawValue: language.rawValue)?.texts(.letter) ?? [:] {
            values[name] = escape(text)
        }
        values["lang"] = language.rawValue
        values["other-lang"] = language.other.rawValue
        values["other-language"] = language.other.ownName
        var page = ByteBuffer()
        var rest = Substring(decoding: template, as: UTF8.self)
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            page.writeSubstring(rest[..<open.lowerBound])
            page.writeString(values[String(rest[open.upperBound..<close.lowerBound])] ?? "")
            rest = rest[close.upperBound...]
        }
        page.writeSubstring(rest)
        return page
    }

    /// JSON inside a script element: `<` is escaped, so nothing in it ends the element.
    private static func scriptData(_ language: Language) -> String {
        var pairs = Texts.script.map { text in
            "\(quote(text.name)):\(quote(text.written(in: language)))"
        }
        for area in [Area.letter, .answer, .conversation, .key] {
            let texts = Wording.Language(rawValue: language.rawValue)?.texts(area) ?? [:]
            for (name, words) in texts.sorted(by: { $0.key < $1.key }) {
                pairs.append("\(quote(name)):\(quote(words))")
            }
        }
        return "{\(pairs.joined(separator: ","))}"
    }

    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "<": quoted += "\\u003c"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
