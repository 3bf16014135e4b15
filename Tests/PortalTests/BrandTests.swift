// The organisation on the page: name, colour and logo; nothing inline, and a logo that can do nothing.

import Foundation
import Mail
import Portal
import SettingValues
import Testing
import Wording

@Suite(.serialized) struct BrandTests {
    private static let clinic = "Clinique <b>&\" Exemple"

    private func withLogo(_ bytes: [UInt8], _ body: (String) async throws -> Void) async throws {
        let file = "/tmp/llb-\(UUID().uuidString.prefix(8)).img"
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(FileManager.default.createFile(atPath: file, contents: Data(bytes)))
        try await body(file)
    }

    @Test func nameColourAndLogoAreOnEveryPage() async throws {
        let svg =
            """
            <?xml version="1.0"?>
            <!-- logo -->
            <svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>
            """
        try await withLogo(Array(svg.utf8)) { file in
            let organisation = Organisation(name: Self.clinic, colour: Colour("#f0b400"), logoFile: file)
            try await RunningPortal.with(configure: { $0.organisation = organisation }) { portal in
                for path in ["/", "/l/x", "/nowhere"] {
                    let page = try await portal.get(path).text
                    #expect(page.contains("Clinique &lt;b&gt;&amp;&quot; Exemple</span>"))
                    #expect(page.contains("· Clinique &lt;b&gt;&amp;&quot; Exemple</title>"))
                    #expect(
                        page.contains("src=\"/assets/logo?v=") && page.contains("href=\"/assets/brand.css?v="))
                    #expect(!page.contains(Self.clinic) && !page.contains(" style="))
                }
                let logo = try await portal.get("/assets/logo")
                #expect(logo.field("content-type") == "image/svg+xml")
                #expect(
                    logo.field("content-security-policy") == "sandbox; default-src 'none'; style-src 'unsafe-inline'")
                #expect(logo.field("x-content-type-options") == "nosniff")
                let sheet = try await portal.get("/assets/brand.css")
                #expect(sheet.field("content-type") == "text/css; charset=utf-8")
                let colours = sheet.text.matches(of: /--main: (#[0-9a-f]{6}); --main-ink: (#[0-9a-f]{6})/)
                #expect(colours.count == 2)
                for found in colours {
                    let main = try #require(Colour(String(found.1))), ink = try #require(Colour(String(found.2)))
                    #expect(main.contrast(with: ink) >= 4.5)
                }
            }
        }
    }

    @Test func withoutAnOrganisationNothingOfItIsThere() async throws {
        try await RunningPortal.with { portal in
            let page = try await portal.get("/l/x").text
            #expect(page.contains("<span>Letterlock</span>") && page.contains("<title>Protected letter</title>"))
            #expect(!page.contains("brand.css") && !page.contains("/assets/logo"))
            #expect(try await portal.get("/assets/logo").status == 404)
            #expect(try await portal.get("/assets/brand.css").status == 404)
        }
    }

    /// On the pages of a reader who is stuck: help, resting, gone, without JavaScript.
    @Test func theTelephoneIsWhereHelpIsNeeded() async throws {
        let organisation = Organisation(name: Self.clinic, phone: "+33 1 23 45 67 89")
        try await RunningPortal.with(configure: { $0.organisation = organisation }) { portal in
            for language in Language.allCases {
                for (path, count) in [("/", 1), ("/nowhere", 1), ("/l/x", 3)] {
                    let page = try await portal.get("\(path)?lang=\(language.rawValue)").text
                    let lines = page.matches(of: /<p class="phone">.*?<\/p>/).map { String($0.0) }
                    #expect(lines.count == count, "\(path)")
                    for line in lines {
                        #expect(line.contains("<a href=\"tel:+33123456789\">+33 1 23 45 67 89</a>"))
                        #expect(line.contains("Clinique &lt;b&gt;&amp;&quot; Exemple") && !line.contains("{"))
                    }
                }
                for place in ["view-gone", "view-resting", "noscript"] {
                    let page = try await portal.get("/l/x?lang=\(language.rawValue)").text
                    let end = place == "noscript" ? "</noscript>" : "</section>"
                    let rest = try #require(page.components(separatedBy: place).dropFirst().first)
                    #expect(rest.components(separatedBy: end)[0].contains("class=\"phone\""), "\(place)")
                }
            }
        }
        try await RunningPortal.with { portal in
            for path in ["/", "/nowhere", "/l/x"] {
                let page = try await portal.get(path).text
                #expect(!page.contains("class=\"phone\""))
            }
        }
    }

    @Test func onlyPicturesAreLogos() throws {
        let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]
        #expect(try Logo(bytes: png, named: "x").mediaType == "image/png")
        #expect(try Logo(bytes: [0xff, 0xd8, 0xff, 0xe0], named: "x").mediaType == "image/jpeg")
        #expect(try Logo(bytes: Array("RIFF....WEBPVP8 ".utf8), named: "x").mediaType == "image/webp")
        #expect(try Logo(bytes: Array("<!DOCTYPE svg>\n<svg>".utf8), named: "x").mediaType == "image/svg+xml")
        for wrong in [
            "", "GIF89a", "<html><svg></svg></html>", "<svgx>", "<!-- <svg>", "%PDF-1.7",
            "<!DOCTYPE svg [<!ENTITY a \"b\">]><svg/>",
        ] {
            #expect(throws: PortalError.logo("reading the logo \"x\": it is no PNG, JPEG, WebP or SVG")) {
                try Logo(bytes: Array(wrong.utf8), named: "x")
            }
        }
    }

    @Test func aLogoOverTheBoundIsRefused() async throws {
        let large = Array("<svg>".utf8) + [UInt8](repeating: 32, count: Logo.largestBytes)
        try await withLogo(large) { file in
            #expect(throws: PortalError.logo("reading the logo \"\(file)\": it is larger than 100 KiB")) {
                try Logo(file: file)
            }
        }
        #expect(throws: PortalError.self) { try Logo(file: "/nowhere/logo.svg") }
    }

    @Test func theMenuOfLanguagesNamesAllOfThem() async throws {
        try await RunningPortal.with { portal in
            let page = try await portal.get("/l/x?lang=it").text
            for language in Language.allCases {
                #expect(page.contains("lang=\"\(language.rawValue)\""))
                #expect(page.contains(">\(language.ownName)</a>"))
            }
            #expect(page.contains("lang=\"it\" aria-current=\"true\""))
        }
    }
}
