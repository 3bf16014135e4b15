// The organisation on the page: its name, its logo, and a small style sheet with its colour where that can be read. What
// the settings ask for is moved towards black by day and towards white by night until WCAG's 4.5:1 is reached.

import Wording

/// Whose page this is.
struct Brand: Sendable {
    let name: String
    /// True where the settings name one: it stands in the title then.
    let isNamed: Bool
    let logo: Logo?
    /// `/assets/brand.css`; nil where the page keeps its own colours.
    let sheet: String?

    /// Nobody's: the program's own name.
    init() {
        name = Organisation().displayName
        (isNamed, logo, sheet) = (false, nil, nil)
    }

    /// - Throws: ``PortalError/logo(_:)``.
    init(_ organisation: Organisation) throws(PortalError) {
        name = organisation.displayName
        isNamed = organisation.name != nil
        if let file = organisation.logoFile { logo = try Logo(file: file) } else { logo = nil }
        sheet = organisation.colour.map(Self.sheet)
    }

    /// What the templates have in its places.
    func values(title: String, integrity: String) -> [String: String] {
        let picture =
            logo == nil
            ? "<img src=\"/assets/seal.svg\" alt=\"\" width=\"32\" height=\"32\">"
            : "<img class=\"logo\" src=\"/assets/logo\" alt=\"\">"
        return [
            "brand": PageTexts.escape(name), "logo": picture,
            "document-title": PageTexts.escape(isNamed ? "\(title) · \(name)" : title),
            "brand-style": sheet == nil
                ? "" : "<link rel=\"stylesheet\" href=\"/assets/brand.css\" integrity=\"\(integrity)\">",
        ]
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
