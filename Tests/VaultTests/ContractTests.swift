// The two SQLite databases, held to what every store is held to.

import Foundation
import Testing
import Vault
import VaultContract
import VaultSQLite

@Suite struct ContractTests {
    @Test(arguments: VaultContract.behaviours) func holds(behaviour: Behaviour) async throws {
        try await behaviour.check(in: SQLitePlace())
    }

    /// A behaviour that is not run is none.
    @Test func eachHasAName() {
        let names = VaultContract.behaviours.map(\.testDescription)
        #expect(Set(names).count == names.count && names.count > 50)
    }
}

/// A throw-away folder with both databases.
struct SQLitePlace: VaultPlace {
    private let place: Place

    init() throws { place = try Place() }

    func gateway() throws -> any GatewayVault { try GatewayDatabase(folder: place.gateway) }
    func letters() throws -> any GatewayLetters { try LetterDatabase(folder: place.letters) }
    func portal() throws -> any PortalLetters { try PortalLetterDatabase(folder: place.letters) }
    func another() throws -> any VaultPlace { try SQLitePlace() }
    func lettersBytes() -> Data? { place.lettersBytes() }

    func gatewayBytes() -> Data? {
        ["", "-wal"].reduce(into: Data()) { all, end in
            all += (try? Data(contentsOf: URL(fileURLWithPath: "\(place.gateway)/gateway.db\(end)"))) ?? Data()
        }
    }
}
