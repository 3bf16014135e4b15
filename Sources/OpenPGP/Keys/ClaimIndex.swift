// Who claims which address: kept file by file, so that a file that changes costs what is in it, however many others
// are. A value only.

/// Certificates and doubts by folded address.
struct ClaimIndex {
    private var certificates: [String: [HeldCertificate]] = [:]
    /// By address and file.
    private var doubts: [String: [String: String]] = [:]

    /// The certificates that claim an address, proved or not.
    func certificates(of address: String) -> [HeldCertificate] { certificates[address] ?? [] }

    /// Why nobody can tell whether an address has a key, or nil: of several reasons that of the first file.
    func doubt(about address: String) -> String? { doubts[address]?.min { $0.key < $1.key }?.value }

    /// Takes a file in.
    mutating func add(_ file: KeyFile, name: String) {
        for address in file.doubtfulClaims {
            doubts[address, default: [:]][name] = "key file \"\(name)\": \(file.problem ?? "")"
        }
        for held in file.certificates {
            for address in held.claims { certificates[address, default: []].append(held) }
        }
    }

    /// Takes out what ``add(_:name:)`` took in of the same file.
    mutating func remove(_ file: KeyFile, name: String) {
        for address in file.doubtfulClaims {
            doubts[address]?[name] = nil
            if doubts[address]?.isEmpty == true { doubts[address] = nil }
        }
        for address in Set(file.certificates.lazy.flatMap(\.claims)) {
            certificates[address]?.removeAll { $0.file == name }
            if certificates[address]?.isEmpty == true { certificates[address] = nil }
        }
    }
}
