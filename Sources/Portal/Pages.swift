// The pages, filled once at start for each language from the templates in Assets/ and the message files. They are the
// same for every letter and every visitor; only the language differs. All files are inside the program, but for the
// logo.

import Cryptography
import Links
import Mail
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
    /// The page that confirms a key.
    let confirm: [Language: ByteBuffer]
    /// The document that a letter's HTML is put into.
    let frame: ByteBuffer
    /// CSP of the pages.
    let policy: String
    /// Scripts, style sheet, picture, by file name.
    let assets: [String: Asset]
    /// What stands in `?v=` of an asset's address: it is as new as its content, and may be kept for ever.
    let versions: [String: String]

    init(_ brand: Brand) throws(CryptographyError) {
        assets = Self.assets(brand)
        let integrity = try Integrity(assets)
        policy = SecurityHeaders.page(importMap: integrity.importMapSource)
        versions = integrity.versions
        let slots = integrity.slots
        letter = Self.scripted(PackageResources.letter_html, areas: PageTexts.letter, brand, slots)
        control = Self.scripted(
            PackageResources.control_html, areas: PageTexts.control, brand, slots,
            Spoken(title: "control-title", old: "control-trouble-heading"))
        confirm = Self.scripted(
            PackageResources.confirm_html, areas: PageTexts.confirm, brand, slots,
            Spoken(title: "confirm-title", old: "confirm-heading"))
        help = Self.inEachLanguage { Self.notice("help", $0, brand, slots) }
        missing = Self.inEachLanguage { Self.notice("missing", $0, brand, slots) }
        frame = ByteBuffer(string: Stripping.script(PackageResources.frame_html))
    }

    private static let script = "text/javascript; charset=utf-8"
    private static let sheet = "text/css; charset=utf-8"
    private static let files: [String: (mediaType: String, bytes: [UInt8])] = [
        "portal.css": (sheet, PackageResources.portal_css),
        "portal.js": (script, PackageResources.portal_js),
        "letter.js": (script, PackageResources.letter_js),
        "code.js": (script, PackageResources.code_js),
        "menu.js": (script, PackageResources.menu_js),
        "view.js": (script, PackageResources.view_js),
        "watch.js": (script, PackageResources.watch_js),
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
        "confirm.js": (script, PackageResources.confirm_js),
        "control.css": (sheet, PackageResources.control_css),
        "control.js": (script, PackageResources.control_js),
        "seal.svg": ("image/svg+xml", PackageResources.seal_svg),
    ]

    /// Ours, shortened, and the organisation's as they are.
    private static func assets(_ brand: Brand) -> [String: Asset] {
        var assets = files.mapValues { Asset(mediaType: $0.mediaType, bytes: shortened($0)) }
        if let logo = brand.logo {
            // Only <img> loads it; where somebody opens it as a page, it may do nothing.
            assets["logo"] = Asset(
                mediaType: logo.mediaType, bytes: ByteBuffer(bytes: logo.bytes), policy: SecurityHeaders.picture)
        }
        if let colours = brand.sheet {
            assets["brand.css"] = Asset(mediaType: sheet, bytes: ByteBuffer(string: colours))
        }
        return assets
    }

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

    /// Keys of texts that the template of a page does not name.
    private struct Spoken {
        var title = "title"
        /// Heading for browsers too old for the scripts (`old-browser.js`).
        var old = "heading-old"
    }

    /// A page whose scripts get its texts as data.
    private static func scripted(
        _ file: [UInt8], areas: [Area], _ brand: Brand, _ slots: [String: String], _ spoken: Spoken = Spoken()
    ) -> [Language: ByteBuffer] {
        let template = String(decoding: file, as: UTF8.self)
        let scripts = files.values.filter { $0.mediaType == script }.map { String(decoding: $0.bytes, as: UTF8.self) }
        let shown = PageTexts.shown(template: template, scripts: scripts)
        return inEachLanguage { language in
            let texts = PageTexts(language, areas: areas)
            let data = texts.data(without: shown, with: ["heading-old": texts.text(spoken.old)])
            return fill(template, texts, brand, slots.merging(["texts": data]) { $1 }, title: texts.text(spoken.title))
        }
    }

    /// A page of a heading and two paragraphs, from the texts `<name>-heading`, `<name>-first` and `<name>-second`.
    private static func notice(
        _ name: String, _ language: Language, _ brand: Brand, _ slots: [String: String]
    ) -> ByteBuffer {
        let texts = PageTexts(language, areas: PageTexts.notice)
        let template = String(decoding: PackageResources.notice_html, as: UTF8.self)
            .replacing("{{notice-", with: "{{\(name)-")
        return fill(template, texts, brand, slots, title: texts.text("title"))
    }

    /// A template with its texts and what every page has.
    private static func fill(
        _ template: String, _ texts: PageTexts, _ brand: Brand, _ more: [String: String], title: String
    ) -> ByteBuffer {
        let template =
            template
            .replacing("{{head}}\n", with: String(decoding: PackageResources.head_html, as: UTF8.self))
            .replacing("{{scripts}}\n", with: String(decoding: PackageResources.scripts_html, as: UTF8.self))
        let own = ["lang": texts.language.rawValue, "languages": menu(texts.language)]
        let values = texts.escaped.merging(own) { $1 }.merging(more) { $1 }
            .merging(brand.values(title: title, texts, more)) { $1 }
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
