// Reader for the key header: a field by its name, with a text, a count or a date.

import Detection
import Mail

extension ConditionReader {
    func header(_ node: ConditionNode, _ place: Place) -> (any Condition)? {
        let what = "'header'"
        guard let fields = nodes.fields(node, what, known: ["name", "exists", "count", "date"] + Self.textKeys) else {
            return nil
        }
        guard let nameNode = fields["name"] else {
            nodes.problems.error(
                fields.place, "\(what) has no 'name'", hint: "write '{ name: Sensitivity, is: Private }'")
            return nil
        }
        guard let name = nodes.text(nameNode, "name of \(what)") else { return nil }
        guard name.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }) else {
            nodes.problems.error(nodes.place(nameNode), "'\(name)' cannot be the name of a header field")
            return nil
        }
        guard oneOf(fields, ["exists", "is", "matches", "words", "count", "date"], what) else { return nil }
        if fields.contains("count") || fields.contains("date") { return counted(fields, name, place) }
        if let node = fields["exists"] {
            guard let wanted = nodes.boolean(node, "exists of \(what)") else { return nil }
            return HeaderCondition(
                place: place, leaf: context.leaf("header \(name.lowercased()) exists \(wanted)"), name: name,
                question: .exists(wanted),
                label: "header \(name) exists: \(wanted)")
        }
        guard let (test, label) = textTest(fields, what, .header) else { return nil }
        return HeaderCondition(
            place: place, leaf: context.leaf("header \(name.lowercased()) \(test)"), name: name, question: .text(test),
            label: "header \(name) \(label)")
    }

    private func counted(_ fields: NodeReader.Fields, _ name: String, _ place: Place) -> (any Condition)? {
        let question: HeaderCondition.Question
        let says: String
        if let node = fields["count"] {
            guard let test = countTest(node, "count of 'header'") else { return nil }
            (question, says) = (.count(test), "count \(test.label)")
        } else {
            guard let node = fields["date"], let test = dateTest(node, "date of 'header'") else { return nil }
            (question, says) = (.date(test), "date \(test.label)")
        }
        return HeaderCondition(
            place: place, leaf: context.leaf("header \(name.lowercased()) \(says)"), name: name, question: question,
            label: "header \(name) \(says)")
    }

    private func dateTest(_ node: ConditionNode, _ what: String) -> DateTest? {
        let known = ["older-than", "newer-than", "missing"]
        guard let fields = asked(node, what, known: known) else { return nil }
        var test = DateTest()
        if let node = fields["older-than"] {
            guard let seconds = duration(node, "older-than of \(what)") else { return nil }
            test.olderSeconds = seconds
        }
        if let node = fields["newer-than"] {
            guard let seconds = duration(node, "newer-than of \(what)") else { return nil }
            test.newerSeconds = seconds
        }
        if let node = fields["missing"] {
            guard let missing = nodes.boolean(node, "missing of \(what)") else { return nil }
            test.missing = missing
        }
        if let older = test.olderSeconds, let newer = test.newerSeconds, older >= newer {
            nodes.problems.error(
                fields.place, "\(what) can never be true: nothing is older than \(older) s and newer than \(newer) s",
                code: "never-true")
            return nil
        }
        return test
    }
}
