// Any bytes as what the extractor reads by itself: RTF, XML in both styles, frames of its protocol. Nothing traps, and a text is
// never longer than asked for or than what it can come from.

import ExtractionWire
import Extractor
import Mail

enum ExtractorEntry {
    static func run(_ input: [UInt8]) {
        let limit = 512
        let rtf = RTFText.read(Array("{\\rtf1".utf8) + input, limitBytes: limit)
        promise(rtf.text.utf8.count <= limit + 3 * 4, "RTF gives \(rtf.text.utf8.count) bytes")
        _ = RTFText.read(input)
        for style in [XMLText.Style.office, .data] {
            let whole = XMLText.read(input, style: style)
            // A cell may say that it stands there many times, or that many empty ones do.
            for form in whole.forms {
                promise(form.utf8.count <= 64 * input.count + 256, "XML grows to \(form.utf8.count) bytes")
            }
            _ = XMLText.read(input, style: style, limitBytes: limit)
        }
        let prefix = Array(input.prefix(ExtractionFrame.prefixBytes))
        if let lengths = ExtractionFrame.lengths(prefix, headerBytes: 4096, bodyBytes: 4096) {
            promise((0...4096).contains(lengths.header) && (0...4096).contains(lengths.body), "lengths beyond bounds")
        }
        _ = ExtractionFrame.header(input, as: ExtractedPart.self)
        _ = ExtractionFrame.header(input, as: ExtractionJob.self)
    }
}
