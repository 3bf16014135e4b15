// `links.sms`: what sends text messages, a URL or a command.

/// How text messages are sent.
package struct TextHook: Sendable, Equatable {
    /// What is called.
    package enum Target: Sendable, Equatable {
        /// An HTTP request: https, or http on this machine itself.
        case url(String)
        /// A program with its arguments; number and text come on stdin.
        case command([String])
    }

    /// What is called.
    package var target: Target
    /// File of header fields, one a line, such as Authorization; read for each request. nil: none.
    package var headerFile: String?
    /// Authorities (PEM) that the server's certificate may come from; nil: the system's.
    package var caFile: String?
    /// The request's body; `{number}` and `{text}` stand for what is sent.
    package var body = #"{"to":"{number}","text":"{text}"}"#
    /// Its media type: says how number and text are written into the body.
    package var contentType = "application/json"
    /// For one try, in seconds.
    package var timeoutSeconds: Int
    /// Tries of one text message.
    package var tries: Int

    /// A hook from its parts, with the defaults for the rest.
    package init(target: Target, headerFile: String? = nil, timeoutSeconds: Int = 20, tries: Int = 3) {
        self.target = target
        self.headerFile = headerFile
        self.timeoutSeconds = timeoutSeconds
        self.tries = tries
    }
}
