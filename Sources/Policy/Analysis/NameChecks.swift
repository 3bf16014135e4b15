// Names: lists and detectors that nobody uses, entries that another one covers, header fields that no mail has, kinds that
// are looked for outside only.

import Mail

/// Lists and detectors without use.
struct UnusedNames: PolicyCheck {
    func run(_ policy: PolicyAnalysis, _ problems: Problems) {
        for list in policy.names.lists where !policy.names.words.contains(list.name) {
            problems.warning(
                list.place, "list '\(list.name)' is not used by any rule", hint: "use it or take it away",
                code: "unused-list")
        }
        for detector in policy.names.detectors where !policy.names.words.contains(detector.name) {
            problems.warning(
                detector.place, "detector '\(detector.name)' is not used by any rule", hint: "use it or take it away",
                code: "unused-detector")
        }
    }
}

/// Entries of lists, and of `in` and `not-in`, that others cover.
struct CoveredEntries: PolicyCheck {
    /// Longer lists are not compared entry by entry.
    private static let longest = 5000

    func run(_ policy: PolicyAnalysis, _ problems: Problems) {
        for list in policy.names.lists where list.entries.count <= Self.longest {
            check(list.name, list.entries, problems)
        }
        for written in policy.written {
            let condition = written.condition
            guard case .address(_, let test) = Topic(condition) else { continue }
            for set in [test.within, test.outside].compactMap(\.self) {
                check(set, condition, written.whose, problems)
            }
            if let within = test.within, let outside = test.outside, AddressLogic.areApart(within, outside) {
                problems.info(
                    condition.place, "'not-in' of '\(condition.label)' does nothing: nobody who is 'in' is in it",
                    hint: "take it away", code: "covered-entry")
            }
        }
    }

    private func check(_ name: String, _ entries: [PolicyNames.Entry], _ problems: Problems) {
        let folded = entries.map { DomainList.folded($0.text) }
        var first: [String: Int] = [:]
        for (index, text) in folded.enumerated() where first[text] == nil { first[text] = index }
        let domains = DomainList(folded.filter { !$0.contains("@") })
        for (index, entry) in entries.enumerated() {
            let text = folded[index]
            if first[text] != index {
                problems.info(
                    entry.place, "'\(entry.text)' stands twice in list '\(name)'", hint: "take one away",
                    code: "covered-entry")
            } else if let network = Network(text) {
                // Of two that are the same network, the later one is told of.
                let other = entries.indices.first { other in
                    guard other != index, let wider = Network(entries[other].text), wider.covers(network) else {
                        return false
                    }
                    return other < index || !network.covers(wider)
                }
                guard let other else { continue }
                problems.info(
                    entry.place, "'\(entry.text)' in list '\(name)' is covered by '\(entries[other].text)' already",
                    hint: "take it away", code: "covered-entry")
            } else if let other = Self.cover(of: text, among: domains) {
                problems.info(
                    entry.place, "'\(entry.text)' in list '\(name)' is covered by '\(other)' already",
                    hint: "take it away", code: "covered-entry")
            }
        }
    }

    /// The entry that holds another one.
    private static func cover(of entry: String, among domains: DomainList) -> String? {
        let others = DomainList(domains.foldedEntries.filter { $0 != entry })
        guard AddressLogic.covers([others], entry) else { return nil }
        return others.entries.first { AddressLogic.covers([DomainList([$0])], entry) }
    }

    /// Names that stand beside a list that holds all of them.
    private func check(_ set: AddressSet, _ condition: any Condition, _ whose: String, _ problems: Problems) {
        for (index, name) in set.names.enumerated() where set.names.count > 1 {
            let one = AddressSet(names: [name], lists: [set.lists[index]])
            let cover = set.names.indices.first { other in
                guard other != index, set.names[other] != name || other < index else { return false }
                let wider = AddressSet(names: [set.names[other]], lists: [set.lists[other]])
                // Of two that hold the same, the later one is told of.
                return AddressLogic.isCovered(one, by: wider)
                    && (other < index || !AddressLogic.isCovered(wider, by: one))
            }
            guard let cover else { continue }
            problems.info(
                condition.place,
                "'\(name)' in '\(condition.label)' of \(whose) is covered by '\(set.names[cover])' already",
                hint: "take it away", code: "covered-entry")
        }
    }
}

/// Header fields whose name is nearly that of a known one.
struct HeaderNames: PolicyCheck {
    private static let known = [
        "From", "To", "Cc", "Bcc", "Subject", "Date", "Sender", "Reply-To", "Message-ID", "In-Reply-To", "References",
        "Return-Path", "Received", "MIME-Version", "Content-Type", "Content-Disposition", "Content-Language",
        "Sensitivity", "Importance", "Priority", "X-Priority", "X-MSMail-Priority", "Precedence", "Auto-Submitted",
        "List-ID", "List-Unsubscribe", "List-Post", "Keywords", "Comments", "Organization", "User-Agent", "X-Mailer",
        "X-Originating-IP", "X-Spam-Status", "X-Spam-Flag", "Authentication-Results", "DKIM-Signature", "Autocrypt",
        "Disposition-Notification-To", "Return-Receipt-To", "Expires", "Thread-Topic", "Thread-Index",
        "Accept-Language",
        "X-Auto-Response-Suppress", "X-MS-Exchange-Organization-AuthAs", "Delivered-To", "Resent-From", "Resent-To",
        "X-Classification", "X-Confidential", "msip_labels",
    ]

    func run(_ policy: PolicyAnalysis, _ problems: Problems) {
        for written in policy.written {
            guard let header = written.condition as? HeaderCondition, header.name.count > 3,
                !Self.known.contains(where: { $0.lowercased() == header.name.lowercased() }),
                let likely = Diagnostic.nearest(to: header.name, among: Self.known),
                abs(likely.count - header.name.count) <= 1
            else { continue }
            problems.info(
                header.place, "no program that we know of writes a header field '\(header.name)'",
                hint: "did you mean '\(likely)'?", code: "unknown-header")
        }
    }
}

/// `kind: program` that does not look inside.
struct OutsideOnly: PolicyCheck {
    func run(_ policy: PolicyAnalysis, _ problems: Problems) {
        for written in policy.written where written.isAsked {
            guard let attachment = written.condition as? AttachmentCondition, attachment.asked.kinds.contains(.program),
                !attachment.asked.inside, !attachment.asked.saysInside
            else { continue }
            problems.info(
                attachment.place,
                "\(written.whose) finds programs by name and claimed type only: not those in archives, nor renamed ones",
                hint: "add 'inside: true', or 'inside: false' if that is meant", code: "outside-only")
        }
    }
}
