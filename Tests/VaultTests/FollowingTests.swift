// Later messages under a letter: seen when readable, against the letter's proof only, and gone with it.

import Cryptography
import Foundation
import GRDB
import Links
import Mail
import Testing
import Vault
import VaultContract

@testable import VaultSQLite  // to try what no method of the portal's does

@Suite struct FollowingTests {
    private static func message(
        _ letter: Sample, _ content: LockedContent, number: Int = 1, expires: Int64 = 2_000_000
    ) throws -> FollowingMessage {
        FollowingMessage(
            id: Base64URL.encode(try Randomness.bytes(16)), letterID: letter.id, number: number,
            contentID: content.id, wrappedKey: [UInt8](repeating: UInt8(number), count: 113), createdAtSeconds: 1500,
            expiresAtSeconds: expires)
    }

    private static func content(_ text: String) throws -> LockedContent {
        LockedContent(
            id: Base64URL.encode(try Randomness.bytes(16)), chunks: [MessageBytes(text)], plainBytes: text.utf8.count)
    }

    @Test func thePortalCannotAddOne() async throws {
        let place = try Place()
        let store = try LetterDatabase(folder: place.letters)
        let letter = try Sample()
        try await letter.release(in: store)
        let portal = try PortalLetterDatabase(folder: place.letters)
        let content = try Self.content("x")
        let message = try Self.message(letter, content)
        try await store.keep([content], [], following: [message])
        for sql in [
            "INSERT INTO following SELECT 'BBBBBBBBBBBBBBBB', letter_id, 2, content_id, wrapped_key, state, 0, 1, 2 "
                + "FROM following",
            "UPDATE following SET state = 'waiting'", "DELETE FROM following",
        ] {
            let failure = await refusal { try await portal.database.write("trying") { try $0.execute(sql: sql) } }
            #expect(failure?.detail.contains("the portal may not do this") == true)
        }
    }
}
