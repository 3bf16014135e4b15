// Whether a password that a person chose withstands somebody who has the link and guesses. It is judged in the form
// that is derived (Mail/ChosenPassword.swift): capitals are worth nothing there. A password is taken apart into
// words, repetitions, sequences, keyboard runs, years and single characters, in the cheapest way; the bits of the parts
// are added (docs/links/passwords.md says how many each is worth). Pure; quadratic in a password of bounded length.

import Detection
import Foundation
package import Mail

/// Judges passwords.
package enum PasswordStrength {
    /// Fewest characters.
    package static let leastCharacters = 10
    /// More are not looked at.
    package static let mostCharacters = 200
    /// Of longer ones only the beginning is taken apart: what follows can only make them better.
    private static let judgedCharacters = 64
    /// Fewest bits: ten thousand million guesses.
    package static let leastBits = 33.0

    /// Why a password is not taken, for who chose it; nil where it is. Never repeats it.
    /// - Parameter names: addresses and names of the sender and the readers: they are the first to be tried.
    package static func problem(of password: Secret, names: [String]) -> String? {
        // Revealed to be judged.
        let characters = Array(ChosenPassword.folded(password.revealed))
        guard characters.count >= leastCharacters else {
            return
                "the password given is too short: at least \(leastCharacters) characters, such as four unrelated words"
        }
        guard characters.count <= mostCharacters else {
            return "the password given is too long: at most \(mostCharacters) characters"
        }
        guard bits(characters, names) >= leastBits else {
            return
                """
                the password given is too easy to guess: take four unrelated words, or leave the password to Letterlock
                """
        }
        return nil
    }

    /// The bits of a password, as far as patterns show.
    package static func bits(of password: String, names: [String] = []) -> Double {
        bits(Array(ChosenPassword.folded(password)), names)
    }

    /// - Parameter characters: folded.
    private static func bits(_ characters: [Character], _ names: [String]) -> Double {
        if let rank = words.ranks[String(characters)] { return log2(Double(rank + 1)) + 1 }
        let parts = PasswordParts(
            characters: Array(characters.prefix(judgedCharacters)), words: words, names: tokens(names))
        return parts.cheapest()
    }

    /// Words of three letters or more out of names and addresses.
    private static func tokens(_ names: [String]) -> Set<String> {
        var tokens: Set<String> = []
        for name in names.prefix(20) {
            for token in ChosenPassword.folded(name).prefix(320).split(whereSeparator: { !$0.isLetter && !$0.isNumber })
            where token.count >= 3 { tokens.insert(String(token)) }
        }
        return tokens
    }

    static let words = CommonWords()
}

/// The list that is part of the program.
struct CommonWords: Sendable {
    /// Place in the list, from 0.
    let ranks: [String: Int]
    /// Characters of the longest.
    let longest: Int

    init() {
        var ranks: [String: Int] = [:]
        let text = String(decoding: PackageResources.common_words_txt, as: UTF8.self)
        for line in text.split(separator: "\n") where !line.hasPrefix("#") && ranks[String(line)] == nil {
            ranks[String(line)] = ranks.count
        }
        self.ranks = ranks
        longest = ranks.keys.map(\.count).max() ?? 0
    }
}

/// One password taken apart.
private struct PasswordParts {
    let characters: [Character]
    let words: CommonWords
    let names: Set<String>

    private static let rows = [
        "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "qwertzuiop",
        "yxcvbnm",
    ]
    private static let columns = ["1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm"]
    private static let leet: [Character: Character] = [
        "0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "8": "b", "9": "g",
    ]

    /// The least sum of bits over all ways of taking it apart.
    func cheapest() -> Double {
        var best = [0.0]
        for end in 1...max(1, characters.count) where end <= characters.count {
            var least = best[end - 1] + single(characters[end - 1])
            for start in 0..<end where end - start >= 3 {
                if let cost = cost(Array(characters[start..<end])) { least = min(least, best[start] + cost) }
            }
            best.append(least)
        }
        return best.last ?? 0
    }

    private func single(_ character: Character) -> Double {
        guard character.isASCII else { return 8 }
        if character.isNumber { return log2(10) }
        return character.isLetter ? log2(26) : 5
    }

    private func cost(_ piece: [Character]) -> Double? {
        [word(piece), run(piece), keyboard(piece), block(piece), date(piece)].compactMap { $0 }.min()
    }

    /// A word of the list, a name, or what looks like a word.
    private func word(_ piece: [Character]) -> Double? {
        guard piece.count <= max(words.longest, 24) else { return nil }
        let plain = String(piece)
        let unleeted = String(piece.map { Self.leet[$0] ?? $0 })
        let isLeet = unleeted != plain
        let more = isLeet ? 1.0 : 0
        if names.contains(plain) || names.contains(unleeted) { return 2 + more }
        if let rank = words.ranks[plain] { return log2(Double(rank + 2)) }
        if let rank = words.ranks[unleeted] { return log2(Double(rank + 2)) + more }
        if let rank = words.ranks[String(plain.reversed())] { return log2(Double(rank + 2)) + more + 1 }
        guard piece.count <= 14, Self.isWordlike(piece) else { return nil }
        // A dictionary of 150 000 words.
        return 17.2
    }

    /// Letters only, with vowels where words have them.
    private static func isWordlike(_ piece: [Character]) -> Bool {
        guard piece.count >= 4, piece.allSatisfy(\.isLetter) else { return false }
        var vowels = 0
        var consonants = 0
        var longest = 0
        for letter in piece {
            if "aeiouyàâäéèêëîïôöùûüáíóúñãõ".contains(letter) {
                vowels += 1
                consonants = 0
            } else {
                consonants += 1
                longest = max(longest, consonants)
            }
        }
        let share = Double(vowels) / Double(piece.count)
        return longest <= 4 && share >= 0.2 && share <= 0.75
    }

    /// `aaaa`, `abcd`, `9876`.
    private func run(_ piece: [Character]) -> Double? {
        let values = piece.compactMap { $0.unicodeScalars.first.map { Int($0.value) } }
        guard values.count == piece.count, let first = values.first, let second = values.dropFirst().first else {
            return nil
        }
        let step = second - first
        guard abs(step) <= 1, zip(values, values.dropFirst()).allSatisfy({ $1 - $0 == step }) else { return nil }
        return 5 + log2(Double(piece.count))
    }

    /// Keys that lie side by side, forwards or backwards.
    private func keyboard(_ piece: [Character]) -> Double? {
        // No row is longer.
        guard piece.count <= 10 else { return nil }
        let text = String(piece)
        let back = String(piece.reversed())
        let lines = Self.rows + Self.columns
        guard lines.contains(where: { $0.contains(text) || $0.contains(back) }) else { return nil }
        return 6 + log2(Double(piece.count))
    }

    /// The same block again and again: worth the block and the number of times.
    private func block(_ piece: [Character]) -> Double? {
        for length in 1...max(1, piece.count / 2) where piece.count % length == 0 && length < piece.count {
            let first = piece[..<length]
            let isRepeated = stride(from: length, to: piece.count, by: length).allSatisfy {
                piece[$0..<($0 + length)].elementsEqual(first)
            }
            guard isRepeated else { continue }
            let head = Array(first)
            let bits = head.count >= 3 ? word(head) : nil
            let alone = head.reduce(0) { $0 + single($1) }
            return min(bits ?? alone, alone) + log2(Double(piece.count / length))
        }
        return nil
    }

    /// `1999`, `2026`, `14071789`, `140789`.
    private func date(_ piece: [Character]) -> Double? {
        guard piece.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        let text = String(piece)
        switch piece.count {
        case 4: return text.hasPrefix("19") || text.hasPrefix("20") ? 7 : nil
        case 6: return 15
        case 8:
            let centuries: [Substring] = ["19", "20"]
            let hasYear = centuries.contains(text.prefix(2)) || centuries.contains(text.dropFirst(4).prefix(2))
            return hasYear ? 16 : nil
        default: return nil
        }
    }
}
