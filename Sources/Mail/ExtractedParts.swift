// What was found inside of a message's attachments, as a value: the extraction has been made before the policy judges, so
// that judging is pure. Made by the module Extraction, looked at by Policy.

/// What was found in the attachments of one message.
package struct ExtractedParts: Sendable, Equatable {
    /// Whether anything was looked into.
    package enum State: Sendable, Equatable {
        /// Nothing was asked for (no rule looks into attachments, or the settings say `extract: never`): what is inside of
        /// attachments is not looked at.
        case notAsked
        /// Every part that may hold something was looked at; ``ExtractedParts/subscript(_:)`` says what came of it.
        case done
        /// Extraction is not available (the reason): what is inside of attachments is unknown.
        case unavailable(String)
    }

    /// Whether anything was looked into.
    package let state: State
    private let byPath: [String: ExtractedPart]

    /// - Parameter byPath: MIME part path (``Part/path`` of MIME: `1.2`, "" for a message that is one part) to findings.
    package init(_ byPath: [String: ExtractedPart] = [:], state: State = .notAsked) {
        self.byPath = byPath
        self.state = state
    }

    /// The findings in a part; nil where the part was not looked into.
    package subscript(_ path: String) -> ExtractedPart? { byPath[path] }
    /// All findings, by path.
    package var all: [(path: String, part: ExtractedPart)] {
        byPath.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

/// What was found in one attachment.
package struct ExtractedPart: Sendable, Equatable, Codable {
    /// A text found inside.
    package struct Text: Sendable, Equatable, Codable {
        /// Where: "" for the attachment itself, `report.docx`, `all.zip/report.docx`.
        package var name: String
        /// Decoded text, NUL-free.
        package var text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// A file inside of an archive, at any depth.
    package struct Member: Sendable, Equatable, Codable {
        /// Its path: `folder/a.exe`, `inner.zip/b.txt`.
        package var name: String
        /// Media type by its content, lower case, or nil where it could not be told.
        package var realType: String?
        /// Unpacked size in bytes, as far as it was unpacked.
        package var bytes: Int
        /// True where it is encrypted.
        package var isEncrypted: Bool

        package init(name: String, realType: String?, bytes: Int, isEncrypted: Bool) {
            self.name = name
            self.realType = realType
            self.bytes = bytes
            self.isEncrypted = isEncrypted
        }
    }

    /// Why something in it could not be read.
    package enum Problem: Sendable, Equatable, Codable {
        /// Trying again will not help: damaged, too large, too deep, it crashed the reader.
        case unreadable(String)
        /// Trying again may help: no process, no memory, time-out under load.
        case temporary(String)
    }

    /// Media type by its content (libmagic), lower case, or nil where it could not be told.
    package var realType: String?
    /// Texts found inside, in order.
    package var texts: [Text]
    /// Files inside, in order.
    package var members: [Member]
    /// True where the attachment or anything in it is encrypted (a document with a password, an archive with one).
    package var isEncrypted: Bool
    /// The first thing that could not be read; nil where everything was. An encrypted attachment has one too.
    package var problem: Problem?

    package init(
        realType: String? = nil, texts: [Text] = [], members: [Member] = [], isEncrypted: Bool = false,
        problem: Problem? = nil
    ) {
        self.realType = realType
        self.texts = texts
        self.members = members
        self.isEncrypted = isEncrypted
        self.problem = problem
    }
}
