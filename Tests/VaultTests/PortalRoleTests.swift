// The portal's side can count attempts and nothing else.

import Cryptography
import Links
import Foundation
import GRDB
import Mail
import Testing
import Vault
import VaultContract

@testable import VaultSQLite  // to try what no method of the portal's does

@Suite struct PortalRoleTests {
    @Test func thePortalMakesNothing() async throws {
        let place = try Place()
        let failure = await refusal { _ = try PortalLetterDatabase(folder: place.letters) }
        #expect(failure?.cause == .storage)
        #expect(failure?.detail.contains("hint: the gateway makes it") == true)
        #expect(!FileManager.default.fileExists(atPath: place.letters))
        // An empty file is not made into a store either.
        try FileManager.default.createDirectory(atPath: place.letters, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: place.lettersFile))
        #expect(await refusal { _ = try PortalLetterDatabase(folder: place.letters) }?.cause == .storage)
    }

    /// What the portal holds has none of the gateway's methods: to call one does not compile.
    @Test func theGatewaysMethodsAreNotThere() throws {
        let place = try Place()
        _ = try LetterDatabase(folder: place.letters)
        let portal: any Sendable = try place.portal()
        #expect(portal is any PortalLetters)
        #expect(!(portal is any LetterStates) && !(portal is any AnswerInbox) && !(portal is any Requests))
        #expect(!(portal is any GatewayLetters))
    }

    @Test(arguments: [
        "INSERT INTO contents VALUES ('x', 1, 1)", "UPDATE contents SET plain_bytes = 1", "DELETE FROM contents",
        "INSERT INTO chunks VALUES ('x', 1, x'00')", "UPDATE chunks SET sealed = x'00'", "DELETE FROM chunks",
        "INSERT INTO letters SELECT * FROM letters", "UPDATE letters SET state = 'waiting'",
        "UPDATE letters SET expires_at = 9999999999", "UPDATE letters SET verifier = zeroblob(32)",
        "DELETE FROM letters", "INSERT INTO attempts (letter_id) VALUES ('x')", "DELETE FROM attempts",
        "UPDATE attempts SET letter_id = 'x'", "REPLACE INTO attempts (letter_id) SELECT letter_id FROM attempts",
    ])
    func itsConnectionIsFenced(sql: String) async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let sample = try Sample()
        try await sample.release(in: store)
        let portal = try PortalLetterDatabase(folder: place.letters)
        let failure = await refusal { try await portal.database.write("trying") { try $0.execute(sql: sql) } }
        #expect(failure?.detail.contains("the portal may not do this") == true)
        #expect(try await portal.attempt(sample.id, proof: Sample.wrong, nowSeconds: 5) == .wrong(triesLeft: 4))
    }
}
