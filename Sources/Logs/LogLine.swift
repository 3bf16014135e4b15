// One log event as one line, JSON (RFC 8259) or text. Whatever a client put into an address or a host name stays inside
// its value: line feeds and other control characters are written as escapes. Pure.

import Foundation
import Logging

/// An event on its way to a line.
struct LogLine {
    let milliseconds: Int64
    let level: Logger.Level
    let message: String
    let metadata: Logger.Metadata
    let mask: AddressMask?

    /// Names that the line itself uses.
    private static let own: Set<String> = ["time", "level", "message"]

    /// `{"time":"2026-01-02T03:04:05.678Z","level":"info","message":"…",…}`: the metadata by name, nested ones
    /// flattened with dots.
    var json: String {
        var line = "{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"message\":\(string(message))"
        for (key, value) in fields { line += ",\(Self.quoted(key)):\(json(value))" }
        return line + "}"
    }

    /// `2026-01-02T03:04:05.678Z info message key=value key="a value"`.
    var text: String {
        var line = "\(time) \(level.rawValue) \(Self.escaped(masked(message), quotes: false))"
        for (key, value) in fields { line += " \(Self.escaped(key, quotes: false))=\(plain(value))" }
        return line
    }

    // MARK: Time

    /// RFC 3339, UTC, milliseconds.
    private var time: String {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        var moment = time_t(seconds)
        var parts = tm()
        gmtime_r(&moment, &parts)
        func digits(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return digits(Int(parts.tm_year) + 1900, 4) + "-" + digits(Int(parts.tm_mon) + 1, 2) + "-"
            + digits(Int(parts.tm_mday), 2) + "T" + digits(Int(parts.tm_hour), 2) + ":" + digits(Int(parts.tm_min), 2)
            + ":" + digits(Int(parts.tm_sec), 2) + "." + digits(Int(rest), 3) + "Z"
    }

    // MARK: Metadata

    /// By name, flattened, without a clash with the line's own names.
    private var fields: [(key: String, value: Logger.MetadataValue)] {
        var flat: [(String, Logger.MetadataValue)] = []
        Self.flatten(metadata, "", into: &flat)
        return flat.map { (Self.own.contains($0.0) ? "_\($0.0)" : $0.0, $0.1) }.sorted { $0.0 < $1.0 }
    }

    private static func flatten(
        _ metadata: Logger.Metadata, _ prefix: String, into flat: inout [(String, Logger.MetadataValue)]
    ) {
        for (key, value) in metadata {
            if case .dictionary(let inner) = value {
                flatten(inner, "\(prefix)\(key).", into: &flat)
            } else {
                flat.append((prefix + key, value))
            }
        }
    }

    private func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): return string(text)
        case .stringConvertible(let value):
            switch value {
            case let number as any BinaryInteger: return "\(number)"
            case let flag as Bool: return flag ? "true" : "false"
            case let number as Double where number.isFinite: return "\(number)"
            default: return string(value.description)
            }
        case .array(let values): return "[" + values.map(json).joined(separator: ",") + "]"
        case .dictionary(let values):
            let pairs = values.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(json($0.value))" }
            return "{" + pairs.joined(separator: ",") + "}"
        }
    }

    private func plain(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): return Self.word(masked(text))
        case .stringConvertible(let value): return Self.word(masked(value.description))
        case .array, .dictionary: return json(value)
        }
    }

    // MARK: Characters

    private func string(_ text: String) -> String { Self.quoted(masked(text)) }

    private func masked(_ text: String) -> String { mask?.applied(to: text) ?? text }

    private static func quoted(_ text: String) -> String { "\"\(escaped(text, quotes: true))\"" }

    /// As it is where nothing in it could be mistaken for something else.
    private static func word(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 34 && $0 != 61 && $0 != 92 }
        return isPlain ? text : quoted(text)
    }

    /// Escapes that JSON knows, for everything that a terminal or a reader of lines could obey.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"" where quotes: out += "\\\""
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where ShownText.isObeyed(scalar): out += ShownText.escape(scalar)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
