// Which network has left which requests that wait for the gateway: so that no network fills the table for all others,
// and a code that the gateway does not know costs the client that asked a guess, also where it never fetches the
// outcome. In memory; a restart forgets it, as it forgets the throttle.

import Synchronization
import Vault

/// Requests whose outcome this portal does not know yet.
final class RequestBook: Sendable {
    /// Requests of one network that may wait at once; what senders have proved and codes that anybody can make up are
    /// counted apart, so that a neighbour's codes keep no sender from revoking.
    static let mostOfNetwork = 20
    /// Requests that are remembered: more cannot wait in the table. The oldest are forgotten first.
    private static let most = 4 * RequestLimits.most

    private struct Entry {
        let place: Int
        let network: ClientNetwork
        /// nil: about to be written.
        var id: String?
        let isGuess: Bool
    }
    private struct State {
        var entries: [Entry] = []
        var next = 0
    }
    private let state = Mutex(State())
    private let throttle: Throttle

    init(_ throttle: Throttle) { self.throttle = throttle }

    /// Ids of requests that waited when they were last looked at.
    var open: [String] { state.withLock { $0.entries.compactMap(\.id) } }

    /// Makes room for one more request of a network.
    /// - Parameter isGuess: true where a refusal as unknown is a wrong guess.
    /// - Returns: its place, or nil where the network has too many that wait.
    func reserve(_ network: ClientNetwork, isGuess: Bool) -> Int? {
        state.withLock { state in
            guard state.entries.count(where: { $0.network == network && $0.isGuess == isGuess }) < Self.mostOfNetwork
            else { return nil }
            if state.entries.count >= Self.most { state.entries.removeFirst() }
            state.next &+= 1
            state.entries.append(Entry(place: state.next, network: network, id: nil, isGuess: isGuess))
            return state.next
        }
    }

    /// The request at a place has been left under this id; nil: it was not taken.
    func fill(_ place: Int, _ id: String?) {
        state.withLock { state in
            guard let index = state.entries.firstIndex(where: { $0.place == place }) else { return }
            if let id { state.entries[index].id = id } else { state.entries.remove(at: index) }
        }
    }

    /// A request does not wait any more.
    /// - Parameter isUnknown: true where the gateway knows no such code: the network that asked is charged a guess.
    func settle(_ id: String, isUnknown: Bool) {
        let entry = state.withLock { state -> Entry? in
            guard let index = state.entries.firstIndex(where: { $0.id == id }) else { return nil }
            return state.entries.remove(at: index)
        }
        guard let entry, entry.isGuess, isUnknown else { return }
        throttle.chargeGuess(entry.network)
    }
}
