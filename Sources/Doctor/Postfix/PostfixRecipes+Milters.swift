// The lists of milters of a Postfix instance: who stands in them, in which order, and what happens where one does not
// answer. Values in, findings out. Pure.
// Source: postconf(5), smtpd_milters, smtpd_milter_maps; MILTER_README.

import Mail
import Settings

extension PostfixRecipes {
    /// One entry of a list: `inet:host:port`, or `{ inet:host:port, option=… }`.
    struct Milter {
        let name: String
        /// As it is written.
        let text: String
        /// As its braces say; nil where milter_default_action holds.
        let action: String?
    }

    /// Entries of a list of milters, in order; braces may stand in braces.
    static func milters(in list: String) -> [Milter] {
        var pieces: [String] = []
        var piece = ""
        var depth = 0
        for character in list {
            if character == "{" { depth += 1 }
            if character == "}" { depth = max(0, depth - 1) }
            if depth == 0, character == "," || character.isWhitespace {
                pieces.append(piece)
                piece = ""
            } else {
                piece.append(character)
            }
        }
        return (pieces + [piece]).compactMap { piece in
            let words = piece.split { ",{}".contains($0) || $0.isWhitespace }
            guard let name = words.first else { return nil }
            let action = piece.firstMatch(of: #/default_action\s*=\s*(\w+)/#).map { String($0.1) }
            return Milter(name: String(name), text: piece, action: action)
        }
    }

    /// Where lists stand: main.cf (nil), and each door but the one behind us.
    private var places: [PostfixConfiguration.Service?] {
        [nil] + postfix.entrances.filter { $0.key != reinjection?.key }
    }

    /// Whatever lets mail pass while we do not answer, or does not ask us at all.
    func milterGaps() -> [Finding] {
        var findings: [Finding] = []
        var told: Set<String> = []
        for place in places {
            let own = place.flatMap { postfix.overrides[$0.key] } ?? [:]
            let lists = place == nil ? ["smtpd_milters", "non_smtpd_milters"] : ["smtpd_milters"]
            for name in lists where place?.program != "pickup" {
                let list = postfix.value(name, of: place)
                let ours = Self.milters(in: list).filter { postfix.leads($0.name, to: milters) }
                let global = postfix.value("milter_default_action", of: place)
                guard ours.contains(where: { ($0.action ?? global) == "accept" }) else { continue }
                let inBraces = ours.contains { $0.action == "accept" }
                let changed = inBraces ? name : "milter_default_action"
                let value = inBraces ? mended(list) : "tempfail"
                let service = own[changed] == nil ? nil : place
                guard told.insert("\(service?.key ?? "") \(changed)").inserted else { continue }
                findings.append(
                    .fail(
                        area,
                        "milter_default_action is accept\(inBraces ? " for us in \(name)" : "")\(Self.at(service)): "
                            + "while we do not answer, mail leaves in clear",
                        hint: service.map { set($0, changed, value) } ?? "\(change) \"\(changed)=\(value)\""))
            }
            findings += exceptions(place, isOwn: own["smtpd_milter_maps"] != nil)
        }
        return findings
    }

    /// smtpd_milter_maps takes the place of smtpd_milters for the clients that it names.
    private func exceptions(_ place: PostfixConfiguration.Service?, isOwn: Bool) -> [Finding] {
        let maps = postfix.value("smtpd_milter_maps", of: place)
        guard !maps.isEmpty, place == nil || isOwn else { return [] }
        let hint = place.map { set($0, "smtpd_milter_maps", "") } ?? "\(change) smtpd_milter_maps="
        let what = "smtpd_milter_maps is set\(Self.at(place))"
        return maps.uppercased().contains("DISABLE")
            ? [.fail(area, "\(what) with DISABLE: mail of the clients that it names leaves in clear", hint: hint)]
            : [.warn(area, "\(what): a client for which it does not name us passes us by", hint: hint)]
    }

    private static func at(_ service: PostfixConfiguration.Service?) -> String {
        service.map { " at the service \"\($0.name)\"" } ?? ""
    }

    /// The list with another action at our entries; what others do when they do not answer is not our business.
    private func mended(_ list: String) -> String {
        Self.milters(in: list).map { milter in
            guard postfix.leads(milter.name, to: milters) else { return milter.text }
            return milter.text.replacing(#/default_action\s*=\s*accept/#, with: "default_action=tempfail")
        }.joined(separator: ", ")
    }

    // MARK: Signers

    /// Ports on which DKIM signers usually listen: OpenDKIM, rspamd, dkimpy-milter.
    private static let signerPorts: Set<String> = ["8891", "8892", "8893", "11332", "11333", "12301"]

    /// A signature that is made before us does not fit what we seal.
    func signers(_ recipes: [Recipe]) -> [Finding] {
        var findings: [Finding] = []
        var told: Set<String> = []
        let doors = postfix.entrances.filter { $0.key != reinjection?.key }
        // A list of main.cf that every door overrides is nobody's.
        var lists = doors.map { door in
            let name = door.program == "pickup" ? "non_smtpd_milters" : "smtpd_milters"
            return (name, postfix.value(name, of: door))
        }
        for (name, program) in [("smtpd_milters", "smtpd"), ("non_smtpd_milters", "pickup")]
        where !doors.contains(where: { $0.program == program }) {
            lists.append((name, postfix.value(name)))
        }
        for (name, list) in lists {
            for signer in signersBefore(us: list, recipes) where told.insert(signer).inserted {
                findings.append(
                    .warn(
                        area,
                        "\(name) has \"\(signer)\" before us: if it signs (DKIM), its signature does not fit what we "
                            + "seal",
                        hint: recipes.contains(.milter)
                            ? "name it after Letterlock in \(name)"
                            : "let it sign what leaves: -o smtpd_milters=\(signer) at the port that Letterlock hands "
                                + "on to"
                    ))
            }
        }
        return findings
    }

    private func signersBefore(us list: String, _ recipes: [Recipe]) -> [String] {
        let all = Self.milters(in: list).map(\.name)
        let ours = all.firstIndex { postfix.leads($0, to: milters) }
        // Without us in it, the list is worked off before a filter, or before the queue that leads to us.
        guard ours != nil || !recipes.contains(.milter) else { return [] }
        return all.prefix(ours ?? all.count).filter(Self.looksLikeSigner)
    }

    private static func looksLikeSigner(_ name: String) -> Bool {
        let lower = name.lowercased()
        let parts = lower.split(separator: ":").map(String.init)
        if ["dkim", "rspamd", "signing", "openarc"].contains(where: { lower.contains($0) }) { return true }
        return parts.first == "inet" && parts.last.map(signerPorts.contains) == true
    }
}
