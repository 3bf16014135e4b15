// The organisation on the page: its name, its logo, and a small style sheet with its colour where that can be read.
// What the settings ask for is moved towards black by day and towards white by night until WCAG's 4.5:1 is reached.

import SettingValues
import Wording

/// Whose page this is.
struct Brand: Sendable {
    let name: String
    /// True where the settings name one: it stands in the title then.
    let isNamed: Bool
    let logo: Logo?
    /// Where people can ask, as it is to be read; nil where the settings name none.
    let phone: String?
    /// `/assets/brand.css`; nil where the page keeps its own colours.
    let sheet: String?

    /// Nobody's: the program's own name.
    init() {
        name = Organisation().displayName
        (isNamed, logo, phone, sheet) = (false, nil, nil, nil)
    }

    /// - Throws: ``PortalError/logo(_:)``.
    init(_ organisation: Organisation) throws(PortalError) {
        name = organisation.displayName
        isNamed = organisation.name != nil
        phone = organisation.phone
        if let file = organisation.logoFile { logo = try Logo(file: file) } else { logo = nil }
        sheet = organisation.colour.map(Self.sheet)
    }

    /// What the templates have in its places.
    /// - Parameters:
    ///   - title: of the page.
    ///   - texts: of the page.
    ///   - slots: of ``Integrity``.
    func values(title: String, _ texts: PageTexts, _ slots: [String: String]) -> [String: String] {
        func version(_ name: String) -> String { slots["v-\(name)"] ?? "" }
        let picture =
            logo == nil
            ? "<img src=\"/assets/seal.svg\(version("seal.svg"))\" alt=\"\" width=\"32\" height=\"32\">"
            : "<img class=\"logo\" src=\"/assets/logo\(version("logo"))\" alt=\"\">"
        return [
            "brand": PageTexts.escape(name), "logo": picture,
            "document-title": PageTexts.escape(isNamed ? "\(title) · \(name)" : title),
            "brand-style": sheet == nil
                ? ""
                : "<link rel=\"stylesheet\" href=\"/assets/brand.css\(version("brand.css"))\" "
                    + "integrity=\"\(slots["integrity-brand.css"] ?? "")\">",
            "phone": phoneLine(texts),
        ]
    }

    /// A paragraph with the telephone, or nothing.
    private func phoneLine(_ texts: PageTexts) -> String {
        guard let phone else { return "" }
        let digits = phone.filter { $0.isASCII && ($0.isNumber || $0 == "+") }
        let line = PageTexts.escape(texts.text("phone-ask"))
            .replacing("{organisation}", with: "<bdi>\(PageTexts.escape(name))</bdi>")
            .replacing("{phone}", with: "<a href=\"tel:\(digits)\">\(PageTexts.escape(phone))</a>")
        return "<p class=\"phone\">\(line)</p>"
    }

    // MARK: - Colours

    /// Grounds of portal.css that the colour stands on: paper, card, wash.
    private static let day = ["#f3f6f9", "#ffffff", "#e8f1f8"].compactMap { Colour($0) }
    private static let night = ["#10161d", "#1a222c", "#21303e"].compactMap { Colour($0) }
    private static let nightInk = Colour(red: 6, green: 18, blue: 30)

    static func sheet(_ colour: Colour) -> String {
        let byDay = colour.readable(on: day, towards: .black)
        let byNight = colour.readable(on: night + [nightInk], towards: .white)
        return """
            :root { --main: \(byDay); --main-ink: #ffffff; --main-press: \(byDay.mixed(with: .black, share: 0.2)); \
            --focus: \(byDay); }
            @media (prefers-color-scheme: dark) {
              :root { --main: \(byNight); --main-ink: \(nightInk); \
            --main-press: \(byNight.mixed(with: .white, share: 0.3)); --focus: \(byNight); }
            }

            """
    }
}
