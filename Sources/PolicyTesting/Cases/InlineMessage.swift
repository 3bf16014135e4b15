// Builds the message of a case that writes it inline: subject, body, html, headers, attachments.

import Detection
import Foundation
import MIME
import Mail
import Policy

struct InlineMessage {
    private struct Attachment {
        let name: String
        let type: String
        let content: [UInt8]
    }
    private let subject: String
    private let body: String?
    private let html: String?
    private let headers: [(String, String)]
    private let attachments: [Attachment]

    init(_ fields: NodeReader.Fields, _ nodes: NodeReader, folder: String) {
        func text(_ key: String) -> String? {
            guard let node = fields[key] else { return nil }
            // An empty subject or body is a case too.
            return node.scalar?.string == "" ? "" : nodes.text(node, key)
        }
        subject = text("subject") ?? ""
        body = text("body")
        html = text("html")
        headers =
            fields["headers"].flatMap { nodes.map($0, "headers") }?.compactMap { key, place, value in
                guard key.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }) else {
                    nodes.problems.error(place, "'\(key)' is no header field name", hint: nil)
                    return nil
                }
                return nodes.text(value, "header \(key)").map { (key, $0) }
            } ?? []
        attachments =
            fields["attachments"].flatMap { nodes.list($0, "attachments") }?.compactMap {
                Self.attachment($0, nodes, folder)
            } ?? []
    }

    private static let contentKeys = ["content", "file", "zip", "docx", "pdf"]

    private static func attachment(_ node: ConditionNode, _ nodes: NodeReader, _ folder: String) -> Attachment? {
        guard let (fields, name, content) = named(node, "an attachment", ["type"], nodes, folder, depth: 0) else {
            return nil
        }
        let type = fields["type"].flatMap { nodes.text($0, "type") } ?? "application/octet-stream"
        return Attachment(name: name, type: type, content: content)
    }

    /// Something with a name and one kind of content.
    private static func named(
        _ node: ConditionNode, _ what: String, _ more: [String], _ nodes: NodeReader, _ folder: String, depth: Int
    ) -> (fields: NodeReader.Fields, name: String, content: [UInt8])? {
        guard let fields = nodes.fields(node, what, known: ["name"] + more + contentKeys) else { return nil }
        guard let name = fields["name"].flatMap({ nodes.text($0, "name") }) else {
            nodes.problems.error(nodes.place(node), "\(what) has no 'name'", hint: nil)
            return nil
        }
        let given = contentKeys.filter(fields.contains)
        guard given.count <= 1 else {
            nodes.problems.error(
                fields.place, "\(what) has both '\(given[0])' and '\(given[1])'", hint: "keep one of them")
            return nil
        }
        guard let key = given.first, let value = fields[key] else { return (fields, name, []) }
        guard let content = content(key, value, fields.place(of: key), nodes, folder, depth: depth) else { return nil }
        return (fields, name, content)
    }

    private static func content(
        _ key: String, _ value: ConditionNode, _ place: Place, _ nodes: NodeReader, _ folder: String, depth: Int
    ) -> [UInt8]? {
        switch key {
        case "file":
            guard let file = nodes.text(value, "file") else { return nil }
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else {
                nodes.problems.error(
                    place, "file \"\(file)\": no such file", hint: "paths are relative to the case file")
                return nil
            }
            return Array(data)
        case "zip":
            guard depth < 20, let list = nodes.list(value, "zip") else { return nil }
            let members = list.compactMap { node -> FileBuilder.Member? in
                guard
                    let (fields, name, content) = named(
                        node, "a file in an archive", ["locked"], nodes, folder, depth: depth + 1)
                else { return nil }
                let locked = fields["locked"].flatMap { nodes.boolean($0, "locked") } ?? false
                return FileBuilder.Member(name: name, content: content, isLocked: locked)
            }
            return FileBuilder.zip(members)
        default:
            guard let text = nodes.text(value, key) else { return nil }
            return key == "docx" ? FileBuilder.docx(text) : key == "pdf" ? FileBuilder.pdf(text) : Array(text.utf8)
        }
    }

    /// The message with CRLF lines.
    func build(from: String, to: [Mailbox]) -> MessageBytes {
        var out = "From: <\(from == "<>" ? "MAILER-DAEMON@localhost" : from)>\r\n"
        if !to.isEmpty { out += "To: \(to.map { "<\($0)>" }.joined(separator: ",\r\n "))\r\n" }
        out += "Subject: \(HeaderText.encode(subject, fieldName: "Subject"))\r\n"
        out += "Date: Thu, 1 Jan 2026 12:00:00 +0000\r\nMessage-ID: <case@localhost>\r\n"
        for (name, value) in headers { out += "\(name): \(HeaderText.encode(value, fieldName: name))\r\n" }
        out += "MIME-Version: 1.0\r\n"
        let texts = [body.map { ("plain", $0) }, html.map { ("html", $0) }].compactMap { $0 }.map {
            entity("text/\($0.0); charset=utf-8", Array($0.1.replacing("\n", with: "\r\n").utf8))
        }
        let files = attachments.map {
            entity(
                $0.type, $0.content,
                more: "Content-Disposition: attachment;\r\n filename*=utf-8''\(Self.percent($0.name))\r\n")
        }
        let text = texts.count > 1 ? multipart("alternative", texts) : texts.first ?? entity("text/plain", [])
        return MessageBytes(out + (files.isEmpty ? text : multipart("mixed", [text] + files)))
    }

    private func entity(_ type: String, _ content: [UInt8], more: String = "") -> String {
        let base64 = Data(content).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        return "Content-Type: \(type)\r\n\(more)Content-Transfer-Encoding: base64\r\n\r\n\(base64)\r\n"
    }

    private func multipart(_ subtype: String, _ parts: [String]) -> String {
        // Base64 has no underscore, so the boundary cannot stand in a part; the nested one differs by its name.
        let boundary = "_case_\(subtype)"
        let body = parts.map { "--\(boundary)\r\n\($0)" }.joined(separator: "\r\n")
        return "Content-Type: multipart/\(subtype); boundary=\"\(boundary)\"\r\n\r\n\(body)\r\n--\(boundary)--\r\n"
    }

    /// RFC 2231 section 4.
    private static func percent(_ text: String) -> String {
        text.utf8.map { octet in
            let isPlain =
                (48...57).contains(octet) || (65...90).contains(octet) || (97...122).contains(octet) || octet == 46
                || octet == 45
            let digits = String(octet, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(octet)) : "%\(digits.count == 1 ? "0" : "")\(digits)"
        }.joined()
    }
}
