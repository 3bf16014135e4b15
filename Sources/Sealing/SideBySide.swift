// Several things made at the same time, and taken in their order as if they were made one after the other.

import Mail

/// Makes things side by side.
enum SideBySide {
    /// Makes something of each item, some at a time.
    /// - Parameters:
    ///   - limit: so many at a time; at least one.
    ///   - take: is given what was made, or why not, in the order of the items. Where it throws, those under way are
    ///     cancelled and waited for, and no other is begun.
    /// - Throws: what `take` throws.
    static func make<Item: Sendable, Made: Sendable>(
        of items: [Item], atOnce limit: Int,
        _ make: @escaping @Sendable (Item) async throws(Refusal) -> Made,
        take: (Item, Result<Made, Refusal>) throws(Refusal) -> Void
    ) async throws(Refusal) {
        let failure: Refusal? = await withTaskGroup(of: (Int, Result<Made, Refusal>).self) { group in
            var waiting = Array(items.enumerated())[...]
            func begin() {
                guard let (number, item) = waiting.popFirst() else { return }
                group.addTask {
                    do throws(Refusal) { return (number, .success(try await make(item))) } catch {
                        return (number, .failure(error))
                    }
                }
            }
            for _ in 0..<max(1, limit) { begin() }
            var results: [Int: Result<Made, Refusal>] = [:]
            var next = 0
            while let (number, result) = await group.next() {
                results[number] = result
                while let result = results.removeValue(forKey: next) {
                    do throws(Refusal) { try take(items[next], result) } catch {
                        group.cancelAll()
                        return error
                    }
                    next += 1
                }
                begin()
            }
            return nil
        }
        if let failure { throw failure }
    }
}
