// Many small pieces of work, some at a time.

enum Parallel {
    /// The results in order.
    /// - Parameter jobs: pieces under way at the same time.
    static func map<Value: Sendable>(
        _ count: Int, jobs: Int, _ body: @escaping @Sendable (Int) async -> Value
    ) async -> [Value] {
        await withTaskGroup(of: (Int, Value).self) { group in
            var results = [Value?](repeating: nil, count: count)
            var next = 0
            func start(_ group: inout TaskGroup<(Int, Value)>) {
                guard next < count else { return }
                let index = next
                next += 1
                group.addTask { (index, await body(index)) }
            }
            for _ in 0..<max(1, jobs) { start(&group) }
            while let (index, value) = await group.next() {
                results[index] = value
                start(&group)
            }
            return results.compactMap { $0 }
        }
    }
}
