// A reader of a letter in process: finds link and password in the mails, opens the letter through the portal's side of the
// store, and sends answers as the page does.

import Cryptography
import Foundation
import GRDB
import Links
import Mail
import Testing

@testable import Vault  // to put the outbox back to an earlier state

/// Who has opened one letter.
struct Reader: Sendable {
    let id: String
    let linkSecret: String
    let proof: LetterProof
    let conversation: SecretBytes
    let gatewayKey: [UInt8]
    let index: Index
    let takesAnswers: Bool
    let portal: LetterStore
    let gateway: LetterStore
    let ledger: Ledger

    struct Index: Decodable, Sendable {
        struct Participant: Decodable, Sendable {
            let address: String
            let name: String?
            let sender: Bool?
            let letter: String?
        }
        let gateway: String
        let participants: [Participant]?
    }

    struct Upload: Sendable {
        var answer = Base64URL.encode((try? Randomness.bytes(16)) ?? [])
        var head: String
        var files: [MessageBytes] = []
    }

    /// - Parameters:
    ///   - mails: all that the next hop has got.
    ///   - address: of the reader.
    init(_ address: String, mails: [String], folder: String) async throws {
        let plain = mails.map { $0.replacingOccurrences(of: "=\r\n", with: "") }
        let notice = try #require(plain.last { $0.contains("To: <\(address)>") && $0.contains("/l/") })
        let link = try #require(notice.firstMatch(of: /\/l\/([A-Za-z0-9_-]{22})#([A-Za-z0-9_-]{22})/))
        let passwords = try #require(plain.last { $0.contains("    \(address)") })
        let lines = passwords.components(separatedBy: "\r\n")
        let place = try #require(lines.lastIndex { $0.hasPrefix("    \(address)") })
        let password = lines[place + 1].trimmingCharacters(in: .whitespaces)
        id = String(link.1)
        linkSecret = String(link.2)
        portal = try LetterStore(folder: "\(folder)/letters", role: .portal)
        gateway = try LetterStore(folder: "\(folder)/letters", role: .gateway)
        ledger = try Ledger(folder: "\(folder)/gateway")
        let now = Int64(Date().timeIntervalSince1970)
        let parameters = try #require(try await portal.parameters(id, nowSeconds: now))
        let opener = try LetterOpener(
            id: id, linkSecret: linkSecret, password: password, kind: parameters.passwordKind,
            rounds: parameters.rounds, salt: parameters.salt, leastRounds: 1)
        proof = opener.proof
        guard case .opened(let letter) = try await portal.attempt(id, proof: proof, nowSeconds: now) else {
            throw ReaderError()
        }
        takesAnswers = letter.answers != nil
        let keys = try opener.unwrap(letter.wrappedKeys)
        conversation = keys.conversation
        var chunks: [[UInt8]] = []
        for number in 0..<letter.chunkCount {
            chunks.append(
                try #require(try await portal.chunk(id, proof: proof, index: number, nowSeconds: now).value))
        }
        index = try JSONDecoder().decode(Index.self, from: Data(LetterOpener.open(chunks, key: keys.content).index))
        gatewayKey = try #require(Base64URL.decode(index.gateway))
    }

    private struct ReaderError: Error {}

    /// The head of an answer as the page writes it.
    func head(
        to: [String] = ["alice@example.org"], subject: String = "Re: hello", text: String = "Thank you",
        files: [(name: String, type: String, bytes: Int)] = [], kind: String = "answer", more: [String: String] = [:]
    ) throws -> String {
        var head: [String: any Sendable] = [
            "version": 1, "kind": kind, "language": "fr", "linkSecret": linkSecret, "to": to, "subject": subject,
            "text": text,
            "files": files.map { ["name": $0.name, "type": $0.type, "bytes": $0.bytes] as [String: any Sendable] },
        ]
        for (key, value) in more { head[key] = value }
        return String(decoding: try JSONSerialization.data(withJSONObject: head), as: UTF8.self)
    }

    /// Seals and uploads items, and hands the answer over.
    @discardableResult
    func send(
        _ upload: Upload, conversation forged: SecretBytes? = nil,
        tamper: (Int, inout [UInt8]) -> Void = { _, _ in }
    ) async throws -> AnswerID {
        let answer = AnswerID(letter: id, answer: upload.answer)
        let sealer = AnswerSealer(
            AnswerNames(letterID: id, answerID: upload.answer), gateway: gatewayKey,
            conversation: forged ?? conversation)
        let now = Int64(Date().timeIntervalSince1970) - 1
        for (number, plain) in ([MessageBytes(upload.head)] + upload.files).enumerated() {
            var sealed = try sealer.seal(plain, number: number).copy()
            tamper(number, &sealed)
            guard
                case .done(let item) = try await portal.beginItem(
                    answer, proof: proof, item: number, bytes: sealed.count, nowSeconds: now)
            else { throw ReaderError() }
            for start in stride(from: 0, to: sealed.count, by: LetterStore.pieceBytes) {
                let piece = Array(sealed[start..<min(start + LetterStore.pieceBytes, sealed.count)])
                guard case .done = try await portal.append(piece, at: start, to: item, nowSeconds: now) else {
                    throw ReaderError()
                }
            }
            _ = try await portal.finishItem(item, nowSeconds: now)
        }
        let reply = try await portal.sendAnswer(
            answer, proof: proof, items: upload.files.count + 1, nowSeconds: now)
        guard reply == .done(.waiting) else { throw ReaderError() }
        return answer
    }

    func state(_ answer: AnswerID) async throws -> AnswerState? {
        guard
            case .done(let state) = try await portal.answerState(
                answer, proof: proof, nowSeconds: Int64(Date().timeIntervalSince1970))
        else { return nil }
        return state
    }

    /// The outbox's tables as they are, to be put back later: what a kill, or a hostile portal, leaves.
    func snapshot() async throws -> @Sendable () async throws -> Void {
        let tables = ["answers", "answer_items", "answer_pieces"]
        try await gateway.database.write("copying") { database in
            for table in tables {
                try database.execute(
                    sql: """
                        DROP TABLE IF EXISTS temp.kept_\(table);
                        CREATE TEMP TABLE kept_\(table) AS SELECT * FROM main.\(table)
                        """)
            }
        }
        return { [gateway] in
            try await gateway.database.write("putting back") { database in
                for table in tables.reversed() { try database.execute(sql: "DELETE FROM main.\(table)") }
                for table in tables {
                    try database.execute(sql: "INSERT INTO main.\(table) SELECT * FROM temp.kept_\(table)")
                }
            }
        }
    }

    /// Takes back what the gateway has noted of an answer after it was delivered.
    func unsettle(_ answer: AnswerID) async throws {
        try await ledger.database.write("taking back") { database in
            try database.execute(
                sql: "UPDATE answers_taken SET state = 'taken' WHERE answer_id = ?", arguments: [answer.answer])
            try database.execute(sql: "UPDATE conversations SET answers_sent = 0")
        }
    }
}
