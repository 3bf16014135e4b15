// How many connections each client has open. Touches memory; never fails.

import Mail
import Synchronization

/// Counters with one limit, by client: an IPv4 address, or the /64 of an IPv6 address, which one host can fill alone.
final class ClientTable: Sendable {
    private let open = Mutex<[String: Int]>([:])
    private let limit: Int

    /// - Parameter limit: connections of one client; 0 or less is no limit.
    init(limit: Int) { self.limit = limit }

    /// Takes a place for a client.
    /// - Parameter address: without port.
    /// - Returns: the name to give back with ``leave(_:)``, "" where nobody counts; nil where there is no place.
    func enter(_ address: String) -> String? {
        guard limit > 0, let octets = IPAddress.octets(address) else { return "" }
        let isLoopback = octets.count == 4 ? octets[0] == 127 : octets == [UInt8](repeating: 0, count: 15) + [1]
        guard !isLoopback else { return "" }
        let name = octets.count == 4 ? address : "\(octets.prefix(8))"
        return open.withLock { open in
            let count = open[name, default: 0]
            guard count < limit else { return nil }
            open[name] = count + 1
            return name
        }
    }

    /// Gives a place back.
    func leave(_ name: String) {
        guard !name.isEmpty else { return }
        open.withLock { open in
            let count = open[name, default: 0] - 1
            open[name] = count > 0 ? count : nil
        }
    }
}
