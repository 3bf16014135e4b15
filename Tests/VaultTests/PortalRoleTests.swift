// The portal's side can count attempts and nothing else.

import Foundation
import GRDB
import Links
import Mail
import Testing

@testable import Vault  // to try what no method of the portal's does

@Suite struct PortalRoleTests {
    @Test func thePortalMakesNothing() async throws {
        let place = try Place()
        let failure = await refusal { _ = try LetterStore(folder: place.letters, role: .portal) }
        #expect(failure?.cause == .storage)
        #expect(failure?.detail.contains("hint: the gateway makes it") == true)
        #expect(!FileManager.default.fileExists(atPath: place.letters))
        // An empty file is not made into a store either.
        try FileManager.default.createDirectory(atPath: place.letters, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: place.lettersFile))
        #expect(await refusal { _ = try LetterStore(folder: place.letters, role: .portal) }?.cause == .storage)
    }

    @Test func theGatewaysMethodsAreClosedToIt() async throws {
        let place = try Place()
        let store = try LetterStore(folder: place.letters, role: .gateway)
        let sample = try Sample()
        try await sample.release(in: store)
        let portal = try LetterStore(folder: place.letters, role: .portal)
        let next = try Sample()
        for failure in await [
            refusal { try await portal.keep([next.content], [next.letter]) },
            refusal { try await portal.markNotifying(sample.id) },
            refusal { try await portal.makeReadable([sample.id]) },
            refusal { try await portal.discard([sample.id]) },
            refusal { _ = try await portal.settle(olderThanSeconds: 0, nowSeconds: 9999) },
            refusal { _ = try await portal.expire(nowSeconds: .max) },
            refusal { _ = try await portal.revoke(sample.id) },
            refusal { _ = try await portal.list() },
        ] {
            #expect(failure?.cause == .internalError)
            #expect(failure?.detail.contains("not in the portal's role") == true)
        }
        #expect(try await store.list().map(\.id) == [sample.id])
    }

    @Test(arguments: [
        "INSERT INTO contents VALUES ('x', 1, 1)", "UPDATE contents SET plain_bytes = 1", "DELETE FROM contents",
        "INSERT INTO chunks VALUES ('x', 1, x'00')", "UPDATE chunks SET sealed = x'00'", "DELETE FROM chunks",
        "INSERT INTO letters SELECT * FROM letters", "UPDATE letters SET state = 'readable'",
        "UPDATE letters SET expires_at = 9999999999", "UPDATE letters SET verifier = zeroblob(32)",
        "DELETE FROM letters", "INSERT INTO attempts (letter_id) VALUES ('x')", "DELETE FROM attempts",
        "UPDATE attempts SET letter_id = 'x'", "REPLACE INTO attempts (letter_id) SELECT letter_id FROM attempts",
    ])
    func itsConnectionIsFenced(sql: String) async throws {
        let place = try Place()
        let store = try LetterStore(folder: place.letters, role: .gateway)
        let sample = try Sample()
        try await sample.release(in: store)
        let portal = try LetterStore(folder: place.letters, role: .portal)
        let failure = await refusal { try await portal.database.write("trying") { try $0.execute(sql: sql) } }
        #expect(failure?.detail.contains("the portal may not do this") == true)
        #expect(try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 5) == .wrong(triesLeft: 4))
    }
}
