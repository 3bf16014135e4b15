// Readers of host names and networks. YAML nodes in, values or a Problem out. Pure.

import Yams

extension ValueReader {
    /// Host names or addresses, in lower case.
    static func hostNames(_ node: Node) throws(Problem) -> [String] {
        var names: [String] = []
        for item in try list(node, of: "host names") {
            let takes = "a host name such as \"admin.example.org\""
            let text = try scalar(item, takes: takes)
            guard !text.isEmpty, text.utf8.count <= 255,
                text.utf8.allSatisfy({ ($0 > 44 && $0 < 127 && $0 != 47) && ![64, 91, 92, 93].contains($0) })
            else { throw Problem(message: "\"\(text)\" is not \(takes)", node: item) }
            names.append(text.lowercased())
        }
        return names
    }

    /// Networks: `10.0.0.0/8`, `::1`.
    static func networks(_ node: Node) throws(Problem) -> [String] {
        let takes = "an IP address or a network such as \"10.0.0.0/8\""
        var networks: [String] = []
        for item in try list(node, of: "networks") {
            let text = try scalar(item, takes: takes)
            guard let network = Network.canonical(text) else {
                throw Problem(message: "\"\(text)\" is not \(takes)", node: item)
            }
            networks.append(network)
        }
        return networks
    }
}
