// What was found inside of a message's attachments, as a value: the extraction has been made before the policy judges,
// so that judging is pure. Made by the module Extraction, looked at by Policy.

/// What was found in the attachments of one message.
package struct ExtractedParts: Sendable, Equatable {
    /// Whether anything was looked into.
    package enum State: Sendable, Equatable {
        /// Nothing was asked for (no rule looks into attachments, or the settings say `extract: never`): what is inside
        /// of attachments is not looked at.
        case notAsked
        /// Every part that may hold something was looked at; ``ExtractedParts/subscript(_:)`` says what came of it.
        case done
        /// Extraction is not available (the reason): what is inside of attachments is unknown.
        case unavailable(String)
    }

    /// Whether anything was looked into.
    package let state: State
    private let byPath: [String: ExtractedPart]

    /// - Parameter byPath: MIME part path (``Part/path`` of MIME: `1.2`, "" for a message that is one part) to
    ///   findings.
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
    /// A text found inside, in every form in which a program may show it.
    package struct Text: Sendable, Equatable, Codable {
        /// What a text is to the file that it was found in.
        package enum Role: String, Sendable, Equatable, Codable {
            /// What the file says.
            case content
            /// The whole file, which the reader of messages has read as a text too, in forms that this one may not have
            /// had.
            case rereading
            /// What stands beside: title, author, the texts of templates.
            case about
        }

        /// Longest list of ``forms``.
        package static let formLimit = 4

        /// Where: "" for the attachment itself, `report.docx`, `all.zip/report.docx`.
        package var name: String
        /// Decoded, NUL-free, the most plausible first; one at least, ``formLimit`` at most. They are readings of one
        /// text: what is in several of them is there once.
        package var forms: [String]
        package var role: Role

        package init(name: String, forms: [String], role: Role = .content) {
            self.name = name
            self.forms = Array(forms.prefix(Self.formLimit))
            self.role = role
        }

        package init(name: String, text: String) { self.init(name: name, forms: [text]) }

        /// The most plausible form.
        package var text: String { forms.first ?? "" }
        /// All forms together, in bytes of UTF-8.
        package var bytes: Int { forms.reduce(0) { $0 + $1.utf8.count } }
        /// True where there is more than white space in it.
        package var saysSomething: Bool {
            forms.contains { $0.unicodeScalars.contains { !$0.properties.isWhitespace } }
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                name: try container.decode(String.self, forKey: .name),
                forms: try container.decode([String].self, forKey: .forms),
                role: try container.decode(Role.self, forKey: .role))
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
