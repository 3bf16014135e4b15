// Which language a visitor reads: `?lang=` if given, else Accept-Language (RFC 9110 section 12.5.4), else the settings'
// default. Pure.

import Mail
import Wording

extension Language {
    /// The visitor's language.
    /// - Parameters:
    ///   - asked: the value of `lang` in the query; anything unknown counts as absent.
    ///   - accepted: the Accept-Language field; read as far as it goes, at most 32 entries of it. A region is left
    ///     aside: `pt-BR` is `pt`.
    ///   - fallback: for who asks for nothing that we speak.
    static func choose(asked: String?, accepted: String?, fallback: Language) -> Language {
        if let asked, let language = Language(rawValue: asked) { return language }
        var best: (language: Language, weight: Double)?
        for entry in (accepted ?? "").split(separator: ",", maxSplits: 32).prefix(32) {
            let pieces = entry.split(separator: ";")
            guard let range = pieces.first else { continue }
            let name = range.drop(while: { $0 == " " }).prefix(while: { $0.isLetter }).lowercased()
            guard let language = Language(rawValue: name) else { continue }
            let weight = weight(of: pieces.dropFirst())
            if weight > 0, weight > best?.weight ?? 0 { best = (language, weight) }
        }
        return best?.language ?? fallback
    }

    private static func weight(of parameters: ArraySlice<Substring>) -> Double {
        for parameter in parameters {
            let text = parameter.filter { $0 != " " }
            guard text.lowercased().hasPrefix("q=") else { continue }
            return Double(text.dropFirst(2)) ?? 0
        }
        return 1
    }
}
