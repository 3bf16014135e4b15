// Kinds of characters that normalising asks for. Tables by hand for what is common, Unicode's properties for the rest.
// Pure.

/// Kinds of characters.
enum CharacterKinds {
    /// True for common characters that NFKC leaves as they are and that never join the one before: most of what is
    /// written.
    static func staysAlone(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xA1...0xA7, 0xA9, 0xAB, 0xAC, 0xAE, 0xB0, 0xB1, 0xB6, 0xB7, 0xBB, 0xBF...0x131, 0x134...0x13E,
            0x141...0x148, 0x14A...0x17E, 0x386...0x3CE, 0x400...0x481, 0x48A...0x52F, 0x5D0...0x5EA, 0x621...0x63A,
            0x641...0x64A, 0x1EA0...0x1EF9, 0x2013...0x2016, 0x2018...0x2023, 0x2030, 0x2039, 0x203A, 0x20AC,
            0x2190...0x21FF, 0x2500...0x25FF, 0x3001...0x3020, 0x3041...0x3096, 0x30A1...0x30FA, 0x4E00...0x9FFF,
            0xAC00...0xD7A3, 0xFFFD:
            // U+0387 is the one of its range that changes.
            scalar.value != 0x387
        default: false
        }
    }

    /// True for the spaces that NFKC makes plain ones: French writes one before every colon.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xA0, 0x2002...0x200A, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// The ASCII character that a space or a hyphen stands for.
    static func plain(_ scalar: Unicode.Scalar) -> UInt8? {
        isSpace(scalar) ? 32 : isHyphen(scalar) ? UInt8(ascii: "-") : nil
    }

    /// True for the hyphens that are the plain one to a reader: U+2010, U+2011 that does not break, the dash between
    /// digits and the minus sign.
    static func isHyphen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2010...0x2012, 0x2212: true
        default: false
        }
    }

    /// True for characters without width, joiners and marks of direction, of which a reader sees nothing.
    static func isLeftOut(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x34F, 0x61C, 0x180B...0x180E, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFE00...0xFE0F,
            0xFEFF, 0xE0000...0xE01EF:
            true
        default: false
        }
    }

    /// True for marks and for the letters that make one with the letter before them.
    static func joinsFormer(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x300: false
        case 0x300...0x34E, 0x350...0x36F, 0x1160...0x11FF, 0x20D0...0x20F0, 0x3099, 0x309A: true
        default:
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark: !isLeftOut(scalar)
            default: false
            }
        }
    }

    /// The value of a digit of any script, also of one in a circle.
    static func digit(_ scalar: Unicode.Scalar) -> UInt8? {
        guard let type = scalar.properties.numericType, type != .numeric, let value = scalar.properties.numericValue,
            value >= 0, value <= 9, value == value.rounded()
        else { return nil }
        return UInt8(value)
    }
}
