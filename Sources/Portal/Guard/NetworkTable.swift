// A table by client network that never grows beyond its bound: the entry not used for longest makes room. Pure.

/// A dictionary whose entries are linked in the order of their last use (places in two arrays, no pointers).
struct NetworkTable<Value: Sendable>: Sendable {
    private struct Entry {
        var network: ClientNetwork
        var value: Value
        var older: Int?
        var newer: Int?
    }

    private let most: Int
    private var places: [ClientNetwork: Int] = [:]
    private var entries: [Entry] = []
    private var oldest: Int?
    private var newest: Int?

    /// - Parameter most: entries, at least 1.
    init(most: Int) { self.most = max(1, most) }

    var count: Int { entries.count }

    func get(_ network: ClientNetwork) -> Value? { places[network].map { entries[$0].value } }

    /// Puts a value, as the newest.
    mutating func set(_ network: ClientNetwork, _ value: Value) {
        if let place = places[network] {
            entries[place].value = value
            unlink(place)
            append(place)
        } else if entries.count < most {
            entries.append(Entry(network: network, value: value))
            places[network] = entries.count - 1
            append(entries.count - 1)
        } else if let place = oldest {
            places[entries[place].network] = nil
            unlink(place)
            entries[place] = Entry(network: network, value: value)
            places[network] = place
            append(place)
        }
    }

    private mutating func unlink(_ place: Int) {
        let (older, newer) = (entries[place].older, entries[place].newer)
        if let older { entries[older].newer = newer } else { oldest = newer }
        if let newer { entries[newer].older = older } else { newest = older }
    }

    private mutating func append(_ place: Int) {
        entries[place].older = newest
        entries[place].newer = nil
        if let newest { entries[newest].newer = place } else { oldest = place }
        newest = place
    }
}
