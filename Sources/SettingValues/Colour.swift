// A colour and how well it can be read on another. Pure.
// Source: WCAG 2.2, definitions of relative luminance and contrast ratio.

import Glibc

/// A colour of sRGB, 8 bits each.
package struct Colour: Sendable, Equatable, CustomStringConvertible {
    /// 0 to 255.
    package let red: UInt8, green: UInt8, blue: UInt8

    /// Each from 0 to 255.
    package init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// `#14598a`, in any case; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 7, text.hasPrefix("#"), text.dropFirst().allSatisfy({ $0.isASCII && $0.isHexDigit }),
            let value = UInt32(text.dropFirst(), radix: 16)
        else { return nil }
        self.init(
            red: UInt8(truncatingIfNeeded: value >> 16), green: UInt8(truncatingIfNeeded: value >> 8),
            blue: UInt8(truncatingIfNeeded: value))
    }

    /// `#14598a`.
    package var description: String {
        let digits = [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "#" + digits.joined()
    }

    /// 0 for black to 1 for white.
    package var luminance: Double {
        let parts = [red, green, blue].map { part -> Double in
            let value = Double(part) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    /// 1 for equal colours to 21 for black on white.
    package func contrast(with other: Colour) -> Double {
        let (bright, dark) = (max(luminance, other.luminance), min(luminance, other.luminance))
        return (bright + 0.05) / (dark + 0.05)
    }

    /// A mixture.
    /// - Parameter share: of the other colour, 0 to 1.
    package func mixed(with other: Colour, share: Double) -> Colour {
        func mix(_ one: UInt8, _ two: UInt8) -> UInt8 {
            UInt8(max(0, min(255, (Double(one) * (1 - share) + Double(two) * share).rounded())))
        }
        return Colour(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
    }

    /// This colour, moved as little towards another as is needed to be read on each of the grounds.
    /// - Parameters:
    ///   - grounds: what it stands on.
    ///   - ratio: contrast to be reached.
    ///   - target: black or white.
    package func readable(on grounds: [Colour], ratio: Double = 4.5, towards target: Colour) -> Colour {
        for step in 0..<50 {
            let candidate = mixed(with: target, share: Double(step) / 50)
            if grounds.allSatisfy({ candidate.contrast(with: $0) >= ratio }) { return candidate }
        }
        return target
    }

    package static let white = Colour(red: 255, green: 255, blue: 255)
    package static let black = Colour(red: 0, green: 0, blue: 0)
}
