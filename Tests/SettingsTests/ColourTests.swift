// Colours are moved until they can be read.

import SettingValues
import Testing

struct ColourTests {
    @Test func contrastIsThatOfWCAG() {
        #expect(abs(Colour.white.contrast(with: .black) - 21) < 0.01)
        #expect(abs((Colour("#777777")?.contrast(with: .white) ?? 0) - 4.48) < 0.01)
        #expect(Colour("#14598A")?.description == "#14598a")
        for wrong in ["", "#fff", "14598a", "#14598g", "#+14598", "#14598a0", "#１４５９８ａ"] {
            #expect(Colour(wrong) == nil)
        }
    }

    @Test(arguments: ["#ffffff", "#000000", "#f0b400", "#ff0000", "#777777", "#14598a", "#00ff00"])
    func everyColourBecomesReadable(_ text: String) throws {
        let colour = try #require(Colour(text))
        let pale = [Colour.white, Colour(red: 232, green: 241, blue: 248)]
        let byDay = colour.readable(on: pale, towards: .black)
        #expect(pale.allSatisfy { byDay.contrast(with: $0) >= 4.5 })
        let dark = [Colour(red: 33, green: 48, blue: 62), .black]
        let byNight = colour.readable(on: dark, towards: .white)
        #expect(dark.allSatisfy { byNight.contrast(with: $0) >= 4.5 })
    }

    @Test func aReadableColourStaysAsItIs() throws {
        let blue = try #require(Colour("#14598a"))
        #expect(blue.readable(on: [.white], towards: .black) == blue)
    }
}
