// Tokens of services, by the prefixes that their makers publish: AWS access keys (IAM User Guide, "unique identifiers";
// AKIA, ASIA), GitHub (docs, "GitHub's token formats"), GitLab (`glpat-`), Slack (docs, "token types", "incoming
// webhooks"), Google API keys (`AIza`), Stripe live keys (`sk_live_`, `rk_live_`), OpenAI (`sk-`, `sk-proj-`,
// `sk-svcacct-`), Anthropic (`sk-ant-`), npm (`npm_`), PyPI (`pypi-`), SendGrid (`SG.`), and JSON Web Tokens (RFC 7519;
// the header must be JSON with `alg`). Pure.

import Foundation

/// Finds tokens.
enum APITokens {
    /// See ``Detector/sign``.
    static let sign =
        "akia|asia|gh[pousr]_|github_pat_|eyj|xox[abpros]-|aiza|glpat-|"
        + "[sr]k_live_|sk-[0-9a-z_-]{20}|npm_|pypi-|sg[.][0-9a-z_-]{16}"
        + "|hooks[.]slack[.]com/"

    private struct Kind {
        let prefix: [UInt8]
        /// Length behind the prefix.
        let length: ClosedRange<Int>
        let allows: @Sendable (UInt8) -> Bool
        /// True where words with hyphens begin so, too (`sk-learn-contrib-…`): a digit and a capital are asked for.
        var isCommon = false
    }

    private static let kinds: [Kind] = {
        let base32: @Sendable (UInt8) -> Bool = { (65...90).contains($0) || (50...55).contains($0) }
        let word: @Sendable (UInt8) -> Bool = { Octet.isWord($0) }
        let name: @Sendable (UInt8) -> Bool = { Octet.isWord($0) || $0 == 95 }
        let slug: @Sendable (UInt8) -> Bool = { Octet.isWord($0) || $0 == 95 || $0 == 45 }
        let dotted: @Sendable (UInt8) -> Bool = { Octet.isWord($0) || $0 == 95 || $0 == 45 || $0 == 46 }
        let path: @Sendable (UInt8) -> Bool = { Octet.isWord($0) || $0 == 47 }
        func kind(_ prefix: String, _ length: ClosedRange<Int>, _ allows: @escaping @Sendable (UInt8) -> Bool) -> Kind {
            Kind(prefix: Array(prefix.utf8), length: length, allows: allows)
        }
        return [
            kind("AKIA", 16...16, base32), kind("ASIA", 16...16, base32),
            kind("ghp_", 36...255, word), kind("gho_", 36...255, word), kind("ghu_", 36...255, word),
            kind("ghs_", 36...255, word), kind("ghr_", 36...255, word), kind("github_pat_", 60...255, name),
            kind("glpat-", 20...255, slug), kind("AIza", 35...35, slug), kind("sk_live_", 24...255, word),
            kind("rk_live_", 24...255, word), kind("npm_", 36...255, word), kind("pypi-", 50...400, slug),
            kind("SG.", 60...80, dotted), kind("hooks.slack.com/services/", 30...80, path),
            Kind(prefix: Array("sk-".utf8), length: 32...255, allows: slug, isCommon: true),
            kind("xoxb-", 20...255, slug), kind("xoxp-", 20...255, slug), kind("xoxa-", 20...255, slug),
            kind("xoxr-", 20...255, slug), kind("xoxs-", 20...255, slug), kind("xoxo-", 20...255, slug),
        ]
    }()
    /// The first two octets of all prefixes and of web tokens.
    private static let firsts: OctetPairs = {
        var firsts = OctetPairs()
        for kind in kinds { firsts.insert(kind.prefix[0], kind.prefix[1]) }
        firsts.insert(UInt8(ascii: "e"), UInt8(ascii: "y"))
        return firsts
    }()

    /// See ``Detector/find(in:_:)``.
    static func find(
        in text: UnsafeBufferPointer<UInt8>, _ work: inout DetectorWork, _ found: Detector.Found
    ) {
        let firsts = firsts
        var index = 0
        while index < text.count {
            guard firsts.mayStand(at: index, text), index == 0 || !Octet.isWord(text[index - 1]) else {
                index += 1
                continue
            }
            var read = 0
            let end = token(text, index, &read) ?? webToken(text, index, &read)
            guard work.step(bytes: read) else { return }
            if let end {
                if !found(Array(text[index..<min(end, index + 255)]), index..<end) { return }
                index = end
            } else {
                index += 1
            }
        }
    }

    /// - Parameter read: bytes that were looked at.
    private static func token(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ read: inout Int) -> Int? {
        for kind in kinds where text[start...].starts(with: kind.prefix) {
            var end = start + kind.prefix.count
            while end < text.count, end - start < 512, kind.allows(text[end]) { end += 1 }
            read += end - start
            // A full stop, a hyphen behind it are the sentence's.
            while end > start, text[end - 1] == 46 || text[end - 1] == 47 { end -= 1 }
            let body = text[(start + kind.prefix.count)..<max(end, start + kind.prefix.count)]
            guard kind.length.contains(body.count), end == text.count || !Octet.isWord(text[end]) else { return nil }
            // The keys of the makers' own examples, and runs of one letter in documentation.
            guard !body.reversed().starts(with: "ELPMAXE".utf8), Set(body).count > 5 else { return nil }
            if kind.isCommon, !(body.contains(where: Octet.isDigit) && body.contains { (65...90).contains($0) }) {
                return nil
            }
            return end
        }
        return nil
    }

    /// Three parts in base64url; the first is a JSON object that names an algorithm.
    private static func webToken(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ read: inout Int) -> Int? {
        guard text[start...].starts(with: "eyJ".utf8) else { return nil }
        var end = start
        var dots: [Int] = []
        while end < text.count, end - start < 16_384 {
            if text[end] == UInt8(ascii: ".") {
                if dots.count == 2 { break }
                dots.append(end)
            } else if !(Octet.isWord(text[end]) || text[end] == 45 || text[end] == 95) {
                break
            }
            end += 1
        }
        read += end - start
        guard dots.count == 2, dots[1] - dots[0] > 8, end - dots[1] > 1 else { return nil }
        var header = String(decoding: text[start..<dots[0]], as: UTF8.self).replacing("-", with: "+")
            .replacing("_", with: "/")
        header += String(repeating: "=", count: (4 - header.utf8.count % 4) % 4)
        guard let json = Data(base64Encoded: header), String(decoding: json, as: UTF8.self).contains("\"alg\"") else {
            return nil
        }
        return end
    }
}
