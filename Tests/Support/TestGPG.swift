// A throw-away GnuPG home with real keys, by the real gpg.

package import Foundation

package final class TestGPG: Sendable {
    private let folder: TemporaryFolder
    /// The home folder.
    package var home: String { folder.file("g") }

    package init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.file("g"), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        _ = try? Self.run("/usr/bin/gpgconf", ["--homedir", home, "--kill", "all"])
    }

    /// Makes a signing key with an encryption subkey for the addresses.
    /// - Parameter expire: as gpg writes it: `0` never, `seconds=1`, `2020-01-01`.
    /// - Returns: the armored certificate.
    package func makeKey(_ addresses: String..., expire: String = "0", at time: String? = nil) throws -> String {
        var fake: [String] = []
        if let time { fake = ["--faked-system-time", time] }
        let base = ["--homedir", home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""] + fake
        try Self.run(
            "/usr/bin/gpg", base + ["--quick-generate-key", "<\(addresses[0])>", "ed25519", "cert,sign", expire])
        let fingerprint = try self.fingerprint(of: addresses[0])
        try Self.run("/usr/bin/gpg", base + ["--quick-add-key", fingerprint, "cv25519", "encr", expire])
        for more in addresses.dropFirst() {
            try Self.run("/usr/bin/gpg", base + ["--quick-add-uid", fingerprint, "<\(more)>"])
        }
        return try certificate(of: addresses[0])
    }

    /// The armored certificate of an address.
    package func certificate(of address: String) throws -> String {
        String(
            decoding: try Self.run(
                "/usr/bin/gpg", ["--homedir", home, "--batch", "--armor", "--export", "=<\(address)>"]), as: UTF8.self)
    }

    /// The primary fingerprint of an address.
    package func fingerprint(of address: String) throws -> String {
        let listing = try Self.run(
            "/usr/bin/gpg", ["--homedir", home, "--batch", "--with-colons", "--list-keys", "=<\(address)>"])
        let line = String(decoding: listing, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("fpr:") }
        guard let line else { throw SupportError("no fingerprint of \(address)") }
        return String(line.split(separator: ":", omittingEmptySubsequences: false)[9])
    }

    /// What gpg makes of an armored or binary message.
    package func decrypt(_ ciphertext: Data) throws -> Data {
        try Self.run("/usr/bin/gpg", ["--homedir", home, "--batch", "--quiet", "--decrypt"], input: ciphertext)
    }

    /// Runs a program to its end.
    /// - Throws: where its exit code is not 0; the text holds its stderr.
    @discardableResult
    package static func run(_ program: String, _ arguments: [String], input: Data? = nil) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let folder = try TemporaryFolder()
        // Files instead of pipes: nothing can block on a full pipe.
        let names = (out: folder.file("out"), err: folder.file("err"), in: folder.file("in"))
        for name in [names.out, names.err] { _ = FileManager.default.createFile(atPath: name, contents: nil) }
        _ = FileManager.default.createFile(atPath: names.in, contents: input ?? Data())
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: names.out))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: names.err))
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: names.in))
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let text = (try? String(contentsOfFile: names.err, encoding: .utf8)) ?? ""
            throw SupportError(
                "\(program) \(arguments.joined(separator: " ")): status \(process.terminationStatus): \(text)")
        }
        return try Data(contentsOf: URL(fileURLWithPath: names.out))
    }
}
