// conversation, password: what came before the message, and what its sender wrote into it for us.

import Detection
import Mail

/// `conversation: protected`.
struct ConversationCondition: MessageCondition {
    /// What is asked.
    enum State: String, CaseIterable, Sendable {
        /// A message that it names was protected.
        case protected
    }
    let place: Place
    let leaf: Int
    let state: State

    var label: String { "conversation \(state.rawValue)" }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth {
        switch facts.conversation {
        case .protected: .yes
        case .unprotected, .notKnownHere: .no
        case .unknown(let reason): .unknown(.temporary("\(reason)"))
        }
    }

    func saw(_ facts: MessageFacts) -> [String] {
        switch facts.conversation {
        case .protected: ["a message that it names was protected"]
        case .unprotected: ["no message that it names is known as protected"]
        case .unknown: []
        case .notKnownHere: ["not known here"]
        }
    }
}

/// `password: given`.
struct PasswordCondition: MessageCondition {
    /// What is asked.
    enum State: String, CaseIterable, Sendable {
        /// By `[pw: …]` or by the header field.
        case given
    }
    let place: Place
    let leaf: Int
    let state: State

    var label: String { "password \(state.rawValue)" }
    var cost: Cost { .envelope }

    func test(_ facts: MessageFacts) -> Truth { Truth(facts.givesPassword) }

    func saw(_ facts: MessageFacts) -> [String] {
        [facts.givesPassword ? "a password for us in the message" : "no password for us in the message"]
    }
}
