// Reads `lists`: each is of mail addresses and domains, or of IP addresses and networks.

import Detection
import Foundation
import Mail
import Policy

/// Reads the lists of one file.
struct ListReader {
    let nodes: NodeReader
    let context: RuleContext
    private var problems: Problems { nodes.problems }

    private static let hint =
        "entries are like acme.example, .acme.example (its sub-domains) or bob@bank.example; or, in another list,"
        + " networks like 10.0.0.0/8"

    /// One list. One with mistakes is empty, so that its uses give no findings of their own.
    func read(_ node: ConditionNode, _ name: String) {
        context.lists[name] = DomainList([])
        context.networkLists[name] = []
        guard let entries = nodes.texts(node, "list '\(name)'"), isOfOneKind(entries, name) else { return }
        if entries.contains(where: { Network($0.text) != nil }) {
            let reader = ConditionReader(nodes: nodes, context: context)
            context.networkLists[name] = reader.networks(entries, "list '\(name)'", namesLists: false) ?? []
            context.lists[name] = nil
            return
        }
        context.networkLists[name] = nil
        for (text, place) in entries {
            if let problem = ListEntry.problem(text) {
                problems.error(place, "\(problem), in list '\(name)'", hint: ListEntry.likely(text) ?? Self.hint)
            } else if let (message, hint) = ListEntry.trap(text) {
                problems.warning(place, message, hint: hint, code: "wildcard-entry")
            } else if let (message, hint) = ListEntry.doubt(text) {
                problems.warning(place, message, hint: hint)
            }
        }
        context.lists[name] = DomainList(entries.map(\.text))
    }

    /// False, with a finding, where there are both.
    private func isOfOneKind(_ entries: [(text: String, place: Place)], _ name: String) -> Bool {
        guard let network = entries.first(where: { Network($0.text) != nil }),
            let other = entries.first(where: { Network($0.text) == nil && ListEntry.problem($0.text) == nil })
        else { return true }
        let later = (network.place.line, network.place.column) < (other.place.line, other.place.column)
        problems.error(
            later ? other.place : network.place,
            "list '\(name)' has networks such as '\(network.text)' and "
                + "addresses such as '\(other.text)': a list is of one"
                + " kind",
            hint: "make two lists: networks are for 'client', addresses and domains for the other conditions")
        return false
    }
}
