// Having gpg read certificates. Its verdict is what the keyring trusts: self-signatures, revocations, expiry.

import Mail

extension Engine {
    /// Certificates that gpg reads in one go.
    private static let batchCount = 200

    /// What gpg says about each certificate, now or when it was asked before.
    /// - Parameter certificates: each exactly one transferable public key.
    /// - Returns: in the same order; nil where gpg finds nothing valid in it.
    /// - Throws: a ``Refusal`` of cause `engine` and its like: then nothing is known about any of them.
    func inspect(_ certificates: [MessageBytes]) async throws(Refusal) -> [InspectedKey?] {
        guard let verdicts, !certificates.isEmpty else { return try await ask(certificates) }
        var digests: [String] = []
        for certificate in certificates { digests.append(try RecipientFile.digest(try certificate.copy())) }
        var found = await verdicts.verdicts(of: digests)
        let open = found.indices.filter { found[$0] == nil }
        guard !open.isEmpty else { return found }
        let asked = try await ask(open.map { certificates[$0] })
        for (index, key) in zip(open, asked) { found[index] = key }
        verdicts.keep(zip(open, asked).compactMap { index, key in key.map { (digests[index], $0) } })
        return found
    }

    private func ask(_ certificates: [MessageBytes]) async throws(Refusal) -> [InspectedKey?] {
        var found: [InspectedKey?] = []
        for start in stride(from: 0, to: certificates.count, by: Self.batchCount) {
            found += try await inspectBatch(certificates[start..<min(start + Self.batchCount, certificates.count)])
        }
        return found
    }

    /// gpg lists in the order of the input and leaves out what it rejects, so the places are known only where nothing
    /// is left out. Where something is, halves are asked for.
    private func inspectBatch(_ batch: ArraySlice<MessageBytes>) async throws(Refusal) -> [InspectedKey?] {
        guard case .bytes(let output) = try await run(.inspect(MessageBytes(joining: Array(batch)))) else {
            throw Self.failure("no output")
        }
        let listing = ColonListing(try output.copy())
        guard listing.isComplete else { throw Self.failure("gpg did not end its listing of certificates") }
        if listing.keys.count == batch.count { return listing.keys.map { $0.isProved ? $0 : nil } }
        if batch.count <= 1 { return [nil] }
        let middle = batch.startIndex + batch.count / 2
        return try await inspectBatch(batch[..<middle]) + inspectBatch(batch[middle...])
    }
}
