// The built-in detectors over their vectors: texts in which each must find something, texts that look like it and are
// none, and a corpus of ordinary lines (orders, tracking codes, hashes, telephone numbers, dates, amounts) in which
// there is nothing to find. Prints a table of the rates; the bounds are part of the test.

import Foundation
import MIME
import Mail
import Policy
import Testing
import Yams

struct VectorTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors")
    static let names = [
        "payment-card", "iban", "bic", "fr-nir", "fr-siren", "fr-siret", "es-dni", "es-nie", "it-codice-fiscale",
        "de-steuer-id", "nl-bsn", "be-nn", "uk-nhs", "uk-nino", "us-ssn", "passport-mrz", "private-key", "api-token",
        "credentials", "medical-code",
    ]

    /// Lines of the corpus in a thousand in which a detector may find something: what passes a check sum by chance.
    static let mostFalse = [
        "payment-card": 6.0, "fr-siret": 0, "de-steuer-id": 2, "es-dni": 0, "be-nn": 2, "iban": 0,
    ]

    /// One rule per detector, named like it.
    static func rules() throws -> Ruleset {
        try ruleset(
            "version: 1\nrules:\n"
                + names.map { "  - {id: \($0), when: {content: {detector: \($0)}}, then: {protect: preferred}}\n" }
                .joined())
    }

    static func texts(_ name: String, _ key: String) throws -> [String] {
        let yaml = try String(contentsOf: folder.appending(path: "\(name).yaml"), encoding: .utf8)
        let table = try #require(try Yams.load(yaml: yaml) as? [String: [String]])
        return try #require(table[key]).map { $0.replacing("‖", with: "") }
    }

    static func found(_ text: String, _ rules: Ruleset) throws -> Set<String> {
        Set(try rules.decision(plain(text)).rules)
    }

    @Test func everyDetectorHasVectors() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
            $0.hasSuffix(".yaml")
        }
        #expect(Set(files) == Set(Self.names.map { "\($0).yaml" }))
        for name in Self.names {
            #expect(try Self.texts(name, "find").count >= 5, "\(name)")
            #expect(try Self.texts(name, "clean").count >= 4, "\(name)")
        }
    }

    @Test func ratesAreWithinBounds() throws {
        let rules = try Self.rules()
        let corpus = try String(contentsOf: Self.folder.appending(path: "clean.txt"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
        var hits: [String: [String]] = [:]
        for line in corpus {
            for name in try Self.found(line, rules) { hits[name, default: []].append(line) }
        }
        var table = "detector            vectors  missed   clean   false  in \(corpus.count) lines\n"
        for name in Self.names {
            let find = try Self.texts(name, "find")
            let clean = try Self.texts(name, "clean")
            let missed = try find.filter { try !Self.found($0, rules).contains(name) }
            let wrong = try clean.filter { try Self.found($0, rules).contains(name) }
            let chance = hits[name] ?? []
            table +=
                [
                    name.padding(20), "\(find.count)".padding(9), "\(missed.count)".padding(9),
                    "\(clean.count)".padding(8),
                    "\(wrong.count)".padding(7), "\(chance.count)",
                ].joined() + "\n"
            #expect(missed == [], "\(name) misses")
            #expect(wrong == [], "\(name) finds what is none")
            let bound = Self.mostFalse[name] ?? 0
            #expect(Double(chance.count) * 1000 <= bound * Double(corpus.count), "\(name) in the corpus: \(chance)")
        }
        print(table)
    }

    /// Wherever something stands in a longer text, and whatever is before and behind it.
    @Test func vectorsAreFoundAmongOtherText() throws {
        let rules = try Self.rules()
        let around = String(repeating: "Lorem ipsum dolor sit amet, 12 pieces.\n", count: 30)
        for name in Self.names {
            for text in try Self.texts(name, "find") {
                #expect(try Self.found("\(around)\n\(text)\n\(around)", rules).contains(name), "\(name): \(text)")
                #expect(try Self.found("é \(text)", rules).contains(name), "\(name): \(text)")
            }
        }
    }

    /// Hostile text takes no time and finds nothing that is not there.
    @Test(arguments: [
        "1", "1 ", "A", "AB12", "eyJ", "password: ", "<", "PRIVATE KEY-----", "E11.", "٤", "e\u{301}", "1\u{336}",
    ])
    func hostileTextIsBounded(_ unit: String) throws {
        let rules = try Self.rules()
        let text = String(repeating: unit, count: 300_000 / unit.utf8.count)
        let started = ContinuousClock.now
        _ = try Self.found(text, rules)
        #expect(ContinuousClock.now - started < .seconds(20))
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
