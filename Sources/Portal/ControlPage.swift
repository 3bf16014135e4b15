// The sender's control page: filled once for each language from its template and the messages of its area; the same for
// everybody. Touches nothing at run time.

import NIOCore
import Wording

/// `GET /control`.
enum ControlPage {
    /// The page in each language.
    static func pages(_ brand: Brand, _ slots: [String: String]) -> [Language: ByteBuffer] {
        let template = String(decoding: PackageResources.control_html, as: UTF8.self)
        return Pages.inEachLanguage { language in
            let texts = PageTexts(language, areas: PageTexts.control)
            let old = ["heading-old": language.text(.control, "control-trouble-heading")]  // for old-browser.js
            return Pages.fill(
                template, texts, brand, slots.merging(["texts": texts.data(with: old)]) { $1 },
                title: language.text(.control, "control-title"))
        }
    }
}
