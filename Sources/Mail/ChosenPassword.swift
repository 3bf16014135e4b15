// The one form of a password that a person chose (docs/inside/links-protocol.md, section 2): whatever keyboard,
// telephone or program wrote it, and also typed from a note, it comes to the same text. The page and other
// clients do the same, so nothing here may change alone. Takes any text; never fails. Memory only.

import Foundation

/// Folding of chosen passwords.
package enum ChosenPassword {
    /// The form that is derived, and whose strength is judged.
    ///
    /// NFKC; what is not seen taken out; quotes and dashes to `'`, `"` and `-`; runs of white space to one space, none
    /// at both ends; lower case; `ς` to `σ`; NFKC again.
    package static func folded(_ typed: String) -> String {
        var folded = String.UnicodeScalarView()
        var isSpaceOwed = false
        for scalar in typed.precomposedStringWithCompatibilityMapping.unicodeScalars where !isIgnorable(scalar) {
            guard !isWhiteSpace(scalar) else {
                isSpaceOwed = !folded.isEmpty
                continue
            }
            if isSpaceOwed { folded.append(" ") }
            isSpaceOwed = false
            // Letter by letter: the one rule of lower case that looks at neighbours is that of the final sigma.
            for lower in plain(scalar).properties.lowercaseMapping.unicodeScalars {
                folded.append(lower == "\u{3c2}" ? "\u{3c3}" : lower)
            }
        }
        return String(folded).precomposedStringWithCompatibilityMapping
    }

    /// What ECMAScript's `trim` takes off, so that the page can use it (ECMA-262, WhiteSpace and LineTerminator).
    package static func isWhiteSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0d, 0x20, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff: true
        default: false
        }
    }

    /// Default_Ignorable_Code_Point of Unicode 15 as a table: joiners, marks of direction, variants of emoji.
    private static func isIgnorable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xad, 0x34f, 0x61c, 0x115f...0x1160, 0x17b4...0x17b5, 0x180b...0x180f, 0x200b...0x200f, 0x202a...0x202e,
            0x2060...0x206f, 0x3164, 0xfe00...0xfe0f, 0xfeff, 0xffa0, 0xfff0...0xfff8, 0x1bca0...0x1bca3,
            0x1d173...0x1d17a, 0xe0000...0xe0fff:
            true
        default: false
        }
    }

    /// What programs make of quotes and dashes that were typed, back to the keys.
    private static func plain(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x2b9, 0x2bb...0x2bd, 0x5f3, 0x2018...0x201b, 0x2032, 0x2035, 0x2039...0x203a, 0xa78c: "'"
        case 0xab, 0xbb, 0x2ba, 0x2ee, 0x5f4, 0x201c...0x201f, 0x2e42, 0x301d...0x301f: "\""
        case 0x58a, 0x5be, 0x1400, 0x1806, 0x2010...0x2015, 0x2043, 0x2212, 0x2e17, 0x2e1a, 0x2e3a...0x2e3b, 0x2e40,
            0x2e5d, 0x301c, 0x3030, 0x30a0, 0x10ead:
            "-"
        default: scalar
        }
    }
}
