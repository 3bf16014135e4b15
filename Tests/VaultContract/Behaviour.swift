// One thing that every store does. The lists of them are run by the tests of each store.

import Testing

/// A behaviour, and how it is seen.
package struct Behaviour: Sendable, CustomTestStringConvertible {
    /// The protocol and what is demanded, as shown in the test's name.
    package let testDescription: String
    private let run: @Sendable (any VaultPlace) async throws -> Void

    /// - Parameters:
    ///   - name: unlike those of all others.
    ///   - make: prepares the place.
    ///   - check: expects what is demanded; throws where it cannot go on.
    init<Contract: Sendable>(
        _ name: String, _ make: @escaping @Sendable (any VaultPlace) async throws -> Contract,
        _ check: @escaping @Sendable (Contract) async throws -> Void
    ) {
        testDescription = name
        run = { try await check(try await make($0)) }
    }

    /// Sees whether the stores of an empty place behave so; what is missed is recorded as an issue of the running test.
    package func check(in place: any VaultPlace) async throws { try await run(place) }
}
