// What has been found so far in one attachment, and what may still be taken: one budget for everything inside, however
// deep.

import ExtractionWire
import Mail

/// Findings and what is left of the limits.
final class Collector {
    private(set) var part = ExtractedPart()
    let limits: ExtractionLimits
    private let attachmentBytes: Int
    private var textLeft: Int
    private var unpacked = 0
    private var files = 0

    init(_ limits: ExtractionLimits, attachmentBytes: Int) {
        self.limits = limits
        self.attachmentBytes = attachmentBytes
        textLeft = limits.textBytes
    }

    /// Says what the attachment itself is.
    func setRealType(_ type: String?) { part.realType = type }

    /// Something could not be read. The first one counts.
    func problem(_ text: String) {
        if part.problem == nil { part.problem = .unreadable(text) }
    }

    /// Something could not be read that another try may read.
    func temporary(_ text: String) {
        if part.problem == nil { part.problem = .temporary(text) }
    }

    /// Something is encrypted, and so unreadable.
    func encrypted(_ what: String) {
        part.isEncrypted = true
        problem("\(what) is encrypted")
    }

    /// Keeps a text, as far as there is room.
    /// - Parameter forms: its readings; those that are the same are kept once.
    func text(_ forms: [String], name: String, role: ExtractedPart.Text.Role = .content) {
        var kept: [String] = []
        for form in forms where kept.count < ExtractedPart.Text.formLimit {
            var clean = form.utf8.contains(0) ? String(form.unicodeScalars.filter { $0.value != 0 }) : form
            guard !clean.isEmpty, !kept.contains(clean) else { continue }
            if clean.utf8.count > textLeft {
                problem("more than \(limits.textBytes) bytes of text")
                clean = String(decoding: clean.utf8.prefix(textLeft), as: UTF8.self)
            }
            textLeft = max(0, textLeft - clean.utf8.count)
            if !clean.isEmpty { kept.append(clean) }
        }
        if !kept.isEmpty { part.texts.append(.init(name: name, forms: kept, role: role)) }
    }

    /// The same of a text with one reading.
    func text(_ text: String, name: String) { self.text([text], name: name) }

    /// Room for text that is left, in bytes.
    var textRoom: Int { textLeft }

    /// Lists a file inside.
    /// - Returns: its place in the list, or nil where there are too many.
    func member(_ name: String, isEncrypted: Bool) -> Int? {
        guard countFile() else { return nil }
        part.members.append(.init(name: name, realType: nil, bytes: 0, isEncrypted: isEncrypted))
        return part.members.count - 1
    }

    /// Counts a file that is not listed.
    func countFile() -> Bool {
        files += 1
        if files > limits.files { problem("more than \(limits.files) files inside") }
        return files <= limits.files
    }

    /// Completes a listed file.
    func complete(_ member: Int, realType: String?, bytes: Int) {
        part.members[member].realType = realType
        part.members[member].bytes = bytes
    }

    /// Counts bytes that were unpacked.
    /// - Returns: false where it is too much: unpacking ends.
    func unpack(_ bytes: Int) -> Bool {
        unpacked += bytes
        if unpacked > limits.unpackedBytes {
            problem("unpacks to more than \(limits.unpackedBytes) bytes")
            return false
        }
        let (allowed, overflow) = attachmentBytes.multipliedReportingOverflow(by: max(1, limits.ratio))
        if !overflow, unpacked > max(allowed, 10 * 1024 * 1024) {
            problem("unpacks to more than \(limits.ratio) times its size")
            return false
        }
        return true
    }

    /// True once nothing more may be unpacked.
    var isFull: Bool { unpacked > limits.unpackedBytes || files > limits.files }
}
