// The pages, filled once at start for each language from the templates in Assets/ and the message files. They are the
// same for every letter and every visitor; only the language differs. All files are inside the program.

import NIOCore
import Wording

/// A file of the pages.
struct Asset: Sendable {
    let mediaType: String
    let bytes: ByteBuffer
    /// Content-Security-Policy, where it is not the one of all files.
    var policy: String?
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
    let control: [Language: ByteBuffer]
    /// The document that a letter's HTML is put into.
    let frame: ByteBuffer
    /// Scripts, style sheet, picture, by file name.
    let assets: [String: Asset]

    init(_ brand: Brand) {
        letter = Self.scripted(PackageResources.letter_html, areas: PageTexts.letter, brand)
        help = Self.inEachLanguage { Self.notice("help", $0, brand) }
        missing = Self.inEachLanguage { Self.notice("missing", $0, brand) }
        control = ControlPage.pages(brand)
        frame = ByteBuffer(bytes: PackageResources.frame_html)
        var assets = Self.files.mapValues { Asset(mediaType: $0.mediaType, bytes: ByteBuffer(bytes: $0.bytes)) }
        if let logo = brand.logo {
            // Only <img> loads it; where somebody opens it as a page, it may do nothing.
            assets["logo"] = Asset(
                mediaType: logo.mediaType, bytes: ByteBuffer(bytes: logo.bytes), policy: SecurityHeaders.picture)
        }
        if let sheet = brand.sheet {
            assets["brand.css"] = Asset(mediaType: "text/css; charset=utf-8", bytes: ByteBuffer(string: sheet))
        }
        self.assets = assets
    }

    private static let script = "text/javascript; charset=utf-8"
    private static let files: [String: (mediaType: String, bytes: [UInt8])] = [
        "portal.css": ("text/css; charset=utf-8", PackageResources.portal_css),
        "portal.js": (script, PackageResources.portal_js),
        "letter.js": (script, PackageResources.letter_js),
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

    static func inEachLanguage(_ make: (Language) -> ByteBuffer) -> [Language: ByteBuffer] {
        Dictionary(uniqueKeysWithValues: Language.allCases.map { ($0, make($0)) })
    }

    /// A page whose script gets its texts as data.
    private static func scripted(_ file: [UInt8], areas: [Area], _ brand: Brand) -> [Language: ByteBuffer] {
        let template = String(decoding: file, as: UTF8.self)
        let scripts = files.values.filter { $0.mediaType == script }.map { String(decoding: $0.bytes, as: UTF8.self) }
        let shown = PageTexts.shown(template: template, scripts: scripts)
        return inEachLanguage { language in
            let texts = PageTexts(language, areas: areas)
            return fill(template, texts, brand, ["texts": texts.data(without: shown)])
        }
    }

    /// A page of a heading and two paragraphs, from the texts `<name>-heading`, `<name>-first` and `<name>-second`.
    private static func notice(_ name: String, _ language: Language, _ brand: Brand) -> ByteBuffer {
        let texts = PageTexts(language, areas: PageTexts.notice)
        let template = String(decoding: PackageResources.notice_html, as: UTF8.self)
            .replacing("{{notice-", with: "{{\(name)-")
        return fill(template, texts, brand, [:])
    }

    /// A template with its texts and what every page has.
    static func fill(
        _ template: String, _ texts: PageTexts, _ brand: Brand, _ more: [String: String], title: String? = nil
    ) -> ByteBuffer {
        let own = ["lang": texts.language.rawValue, "languages": menu(texts.language)]
        let values = texts.escaped.merging(own) { $1 }
            .merging(brand.values(title: title ?? texts.language.text(.page, "title"))) { $1 }.merging(more) { $1 }
        var page = ByteBuffer()
        var rest = template[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            page.writeSubstring(rest[..<open.lowerBound])
            page.writeString(values[String(rest[open.upperBound..<close.lowerBound])] ?? "")
            rest = rest[close.upperBound...]
        }
        page.writeSubstring(rest)
        return page
    }

    /// The languages by their own names, as a list of links; it opens without a script.
    private static func menu(_ language: Language) -> String {
        let links = Language.allCases.map { other in
            let mark = other == language ? " aria-current=\"true\"" : ""
            let code = other.rawValue
            return
                "<li><a href=\"?lang=\(code)\" hreflang=\"\(code)\" lang=\"\(code)\"\(mark)>\(other.ownName)</a></li>"
        }
        return "<details class=\"languages\"><summary>\(language.ownName)</summary><ul>\(links.joined())</ul></details>"
    }
}
