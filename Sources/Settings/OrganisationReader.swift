// `links.organisation`: whose name, logo and colour the page shows, and what the mails say of it. Pure; the logo's file
// is looked at by the portal, which serves it.

import SettingValues
import Yams

/// Reads the map.
enum OrganisationReader {
    private static let keys = ["name", "logo", "colour", "phrase", "phone"]

    /// - Parameter folder: of the settings file, where a relative logo is looked for.
    static func organisation(_ node: Node, in folder: String) throws(Problem) -> Organisation {
        guard let map = node.mapping else {
            throw Problem(
                message: "a \(ValueReader.kind(node)) stands here",
                hint: "it takes a map such as {name: \"Example Clinic\", colour: \"#14598a\"}", node: node)
        }
        var organisation = Organisation()
        for (key, value) in map {
            if ValueReader.isAbsent(value) { continue }
            switch key.scalar?.string {
            case "name":
                organisation.name = try ValueReader.under("name") { () throws(Problem) in
                    try words(value, takes: "the organisation's name", characters: 80)
                }
            case "phrase":
                organisation.phrase = try ValueReader.under("phrase") { () throws(Problem) in
                    try words(value, takes: "a short sentence", characters: 200)
                }
            case "phone":
                organisation.phone = try ValueReader.under("phone") { () throws(Problem) in
                    try phone(value)
                }
            case "colour":
                organisation.colour = try ValueReader.under("colour") { () throws(Problem) in
                    try colour(value)
                }
            case "logo":
                organisation.logoFile = try ValueReader.under("logo") { () throws(Problem) in
                    try logo(value, in: folder)
                }
            default: throw ValueReader.unknown(key, among: keys)
            }
        }
        return organisation
    }

    /// One line of text.
    private static func words(_ node: Node, takes: String, characters: Int) throws(Problem) -> String {
        let text = try ValueReader.scalar(node, takes: takes)
        guard text.count <= characters else {
            throw Problem(
                message: "this is longer than \(characters) characters", hint: "it takes \(takes)", node: node)
        }
        let isLine = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
            default: true
            }
        }
        guard isLine, text.contains(where: { !$0.isWhitespace }) else {
            throw Problem(message: "this is not one line of text", hint: "it takes \(takes)", node: node)
        }
        return text
    }

    private static func phone(_ node: Node) throws(Problem) -> String {
        let takes = "a telephone number such as \"+33 1 23 45 67 89\""
        let text = try ValueReader.scalar(node, takes: takes)
        let digits = text.filter { $0.isASCII && $0.isNumber }.count
        let isNumber = text.allSatisfy { ($0.isASCII && $0.isNumber) || " +-()/.\u{a0}".contains($0) }
        guard isNumber, (3...20).contains(digits), text.count <= 40 else {
            throw Problem(message: "\"\(text)\" is not \(takes)", node: node)
        }
        return text
    }

    private static func colour(_ node: Node) throws(Problem) -> Colour {
        let takes = "a colour such as \"#14598a\""
        let text = try ValueReader.scalar(node, takes: takes)
        guard let colour = Colour(text) else {
            throw Problem(
                message: "\"\(text)\" is not \(takes)",
                hint: text.isEmpty ? "# starts a comment in YAML: write it in quotes" : nil, node: node)
        }
        return colour
    }

    private static func logo(_ node: Node, in folder: String) throws(Problem) -> String {
        let path = try ValueReader.path(node, in: folder)
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        guard ["svg", "png", "jpg", "jpeg", "webp"].contains(ending) else {
            throw Problem(
                message: "\"\(path)\" is not a picture that the page can show",
                hint: "it takes a file of type .svg, .png, .jpg or .webp, of at most 100 KiB", node: node)
        }
        return path
    }
}
