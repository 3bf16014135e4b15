// `links.sms`: the hook that sends text messages, a URL or a command. Pure; what it names is read by its user.

import Foundation
import Mail
import SettingValues
import Yams

extension ValueReader {
    /// `links.sms`: `{url: …, header-file: …, ca-file: …, body: …, content-type: …}` or `{command: [/path, …]}`,
    /// `timeout`, `tries`.
    static func textHook(_ node: Node, in folder: String) throws(Problem) -> TextHook {
        guard let map = node.mapping else {
            throw Problem(
                message: "a \(kind(node)) stands here",
                hint: "it takes {url: https://…} or {command: [/path/of/program]}", node: node)
        }
        let known = ["url", "header-file", "ca-file", "body", "content-type", "command", "timeout", "tries"]
        var fields: [String: Node] = [:]
        for (key, value) in map {
            guard let name = key.scalar?.string, known.contains(name) else { throw unknown(key, among: known) }
            fields[name] = value
        }
        var hook = TextHook(target: try target(fields, node, folder))
        if case .command = hook.target,
            let odd = ["header-file", "ca-file", "body", "content-type"].first(where: { fields[$0] != nil })
        {
            throw Problem(message: "\"\(odd)\" has no meaning beside \"command\"", node: fields[odd])
        }
        if let value = fields["header-file"] { hook.headerFile = try path(value, in: folder) }
        if let value = fields["ca-file"] { hook.caFile = try path(value, in: folder) }
        if let value = fields["content-type"] {
            hook.contentType = try scalar(value, takes: "a media type").lowercased()
            guard ["application/json", "application/x-www-form-urlencoded", "text/plain"].contains(hook.contentType)
            else {
                throw Problem(
                    message: "content-type \"\(hook.contentType)\" is not known",
                    hint: "known: application/json, application/x-www-form-urlencoded, text/plain", node: value)
            }
        }
        if let value = fields["body"] { hook.body = try scalar(value, takes: "a text with {number} and {text}") }
        if case .url = hook.target, !hook.body.contains("{number}") || !hook.body.contains("{text}") {
            throw Problem(message: "\"body\" lacks {number} or {text}", node: fields["body"] ?? node)
        }
        if let value = fields["timeout"] {
            hook.timeoutSeconds = try under("timeout") { () throws(Problem) in
                try bounded(value, 1...120, "a duration such as 20s", Units.seconds)
            }
        }
        if let value = fields["tries"] {
            hook.tries = try under("tries") { () throws(Problem) in
                try bounded(value, 1...10, "a number from 1 to 10", Units.count)
            }
        }
        return hook
    }

    private static func target(
        _ fields: [String: Node], _ node: Node, _ folder: String
    ) throws(Problem) -> TextHook.Target {
        switch (fields["url"], fields["command"]) {
        case (let value?, nil): return .url(try hookURL(value))
        case (nil, let value?):
            var words: [String] = []
            for item in try list(value, of: "words") {
                let word = try scalar(item, takes: "a word of the command")
                guard !word.utf8.contains(0) else { throw Problem(message: "a NUL in the command", node: item) }
                words.append(word)
            }
            guard let program = words.first, program.hasPrefix("/") else {
                throw Problem(
                    message: "the command does not start with the whole path of a program",
                    hint: "such as [/usr/local/bin/send-text]", node: value)
            }
            return .command(words)
        default:
            throw Problem(message: "it needs either \"url\" or \"command\"", node: node)
        }
    }

    /// https, or http on this machine itself: a password is in what is sent.
    private static func hookURL(_ node: Node) throws(Problem) -> String {
        let text = try scalar(node, takes: "a URL such as https://sms.example.org/send")
        guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }), let parts = URLComponents(string: text),
            let host = parts.host, !host.isEmpty, parts.user == nil, parts.password == nil, parts.fragment == nil
        else {
            throw Problem(
                message: "\"\(text)\" is not a URL that can be called",
                hint: "such as https://sms.example.org/send; secrets belong into header-file", node: node)
        }
        let isHere = HostPort.isLoopback(host.lowercased().trimmingCharacters(in: ["[", "]"]))
        guard parts.scheme?.lowercased() == "https" || (parts.scheme?.lowercased() == "http" && isHere) else {
            throw Problem(
                message: "\"\(text)\" is neither https nor loopback: the passwords would go over the network in clear",
                node: node)
        }
        return text
    }

    private static func bounded(
        _ node: Node, _ range: ClosedRange<Int>, _ takes: String, _ convert: (String) -> Int?
    ) throws(Problem) -> Int {
        let text = try scalar(node, takes: takes)
        guard let value = convert(text), range.contains(value) else {
            throw Problem(message: "\"\(text)\" is not \(takes)", node: node)
        }
        return value
    }

    /// `links.password`: one way, or a list of different ones.
    static func passwordWays(_ node: Node) throws(Problem) -> [PasswordMode] {
        let items = node.sequence.map { Array($0) } ?? [node]
        var ways: [PasswordMode] = []
        for item in items {
            let way: PasswordMode = try word(item)
            guard !ways.contains(way) else {
                throw Problem(message: "\"\(way.rawValue)\" stands here twice", node: item)
            }
            ways.append(way)
        }
        guard !ways.isEmpty else {
            throw Problem(message: "an empty list: no link could be sent", hint: "such as [to-sender]", node: node)
        }
        return ways
    }
}
