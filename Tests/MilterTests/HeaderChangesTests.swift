// From header to header by edits, checked against a model of how MTAs carry them out.

import Mail
import Milter
import Testing

/// A header as Postfix's cleanup(8) holds it while a milter's edits are carried out.
struct HeaderModel {
    var fields: [MilterHeader.Field]

    init(_ header: MilterHeader) { fields = header.fields }

    mutating func carryOut(_ edit: MilterEdit) {
        switch edit {
        case .addHeader(let name, let value): fields.append(.init(name: name, value: value))
        case .insertHeader(let index, let name, let value):
            fields.insert(.init(name: name, value: value), at: min(max(0, index - 1), fields.count))
        case .changeHeader(let index, let name, let value):
            guard let place = place(index, name) else { return fields.append(.init(name: name, value: value)) }
            fields[place] = .init(name: name, value: value)
        case .deleteHeader(let index, let name):
            if let place = place(index, name) { fields.remove(at: place) }
        case .replaceBody, .addRecipient, .deleteRecipient: break
        }
    }

    private func place(_ index: Int, _ name: [UInt8]) -> Int? {
        let key = String(decoding: name, as: UTF8.self).lowercased()
        let places = fields.indices.filter {
            String(decoding: fields[$0].name, as: UTF8.self).lowercased() == key
        }
        return places.indices.contains(index - 1) ? places[index - 1] : nil
    }

    /// The fields of each name, in order: what must come out right, whatever the order between names.
    var byName: [String: [MilterHeader.Field]] {
        Dictionary(grouping: fields) { String(decoding: $0.name, as: UTF8.self).lowercased() }
    }
}

@Suite struct HeaderChangesTests {
    private func header(_ text: String) throws -> MilterHeader {
        try #require(try MilterHeader(MessageBytes(text)))
    }

    private func edits(_ from: String, _ to: String) throws -> [MilterEdit] {
        let old = try header(from)
        let new = try header(to)
        let edits = old.edits(to: new)
        var model = HeaderModel(old)
        for edit in edits { model.carryOut(edit) }
        #expect(model.byName == HeaderModel(new).byName)
        return edits
    }

    @Test func readsFieldsAsTheyStand() throws {
        let read = try header("A: 1\r\nb:\r\nC:\r\n two\r\n\tthree\r\n\r\nbody\r\n\r\n")
        #expect(
            read.fields == [
                .init(name: Array("A".utf8), value: Array(" 1".utf8)), .init(name: Array("b".utf8), value: []),
                .init(name: Array("C".utf8), value: Array("\r\n two\r\n\tthree".utf8)),
            ])
        #expect(read.bodyOffset == 30)
        #expect(try header("\r\nbody").bodyOffset == 2)
        let long = String(repeating: "X-Long: \(String(repeating: "y", count: 70))\r\n", count: 3000)
        #expect(try header(long + "\r\nbody").fields.count == 3000)
    }

    @Test(arguments: [
        "", "A: 1\r\n", "no colon\r\n\r\n", " fold: first\r\n\r\n", ": x\r\n\r\n", "A b: x\r\n\r\n", "A: x\r\nbody",
    ])
    func whatIsNoHeaderIsNotEdited(text: String) throws {
        #expect(try MilterHeader(MessageBytes(text)) == nil)
    }

    @Test func nothingToDo() throws {
        #expect(try edits("A: 1\r\nB: 2\r\n\r\n", "B: 2\r\nA: 1\r\n\r\n").isEmpty)
    }

    @Test func indicesCountPerNameInAnyCase() throws {
        #expect(
            try edits("X: 1\r\nSubject: a\r\nx: 2\r\nX: 3\r\n\r\n", "X: 1\r\nX: two\r\nX: 3\r\nSubject: a\r\n\r\n") == [
                .changeHeader(index: 2, name: Array("X".utf8), value: Array(" two".utf8))
            ])
    }

    @Test func deletionsComeFromTheLastOn() throws {
        #expect(
            try edits("Bcc: 1\r\nA: 1\r\nbcc: 2\r\nBCC: 3\r\n\r\n", "A: 1\r\n\r\n") == [
                .deleteHeader(index: 3, name: Array("BCC".utf8)), .deleteHeader(index: 2, name: Array("bcc".utf8)),
                .deleteHeader(index: 1, name: Array("Bcc".utf8)),
            ])
    }

    @Test func aDeletedOneInTheMiddle() throws {
        _ = try edits("D: 1\r\nD: 2\r\nD: 3\r\n\r\n", "D: 1\r\nD: 3\r\n\r\n")
        _ = try edits("D: 1\r\nD: 2\r\nD: 3\r\n\r\n", "\r\n")
        _ = try edits("\r\n", "D: 1\r\nD: 2\r\n\r\n")
    }

    @Test func anyHeaderIntoAnyOther() throws {
        var random = SystemRandomNumberGenerator()
        let names = ["A", "a", "Subject", "SUBJECT", "Content-Type", "Bcc", "DKIM-Signature"]
        let values = [" 1", " 2", "", " ", "\r\n\tfolded", " a\r\n b\r\n c"]
        func any() -> String {
            (0..<Int.random(in: 0...9, using: &random)).map { _ in
                "\(names.randomElement(using: &random)!):\(values.randomElement(using: &random)!)\r\n"
            }.joined() + "\r\n"
        }
        for _ in 0..<3000 { _ = try edits(any(), any()) }
    }
}
