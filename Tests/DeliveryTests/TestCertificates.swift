// Certificates of the tests' own making, by the `openssl` command: an authority, and servers' certificates by it.

import Foundation
import NIOSSL
import Support

/// An authority in a folder of its own.
struct TestAuthority: Sendable {
    let folder: TemporaryFolder
    /// PEM file of the authority.
    var file: String { folder.file("ca.pem") }

    init(_ name: String = "Test authority") throws {
        folder = try TemporaryFolder()
        try openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key",
            "-out", "ca.pem", "-days", "30", "-subj", "/CN=\(name)")
    }

    /// A server's certificate and what its key's pin is.
    /// - Parameters:
    ///   - names: as in `subjectAltName`.
    ///   - days: of validity from now; -1 is over.
    func server(names: String = "DNS:hop.example.org", days: Int = 30) throws -> (context: NIOSSLContext, pin: String) {
        let base = "s\(UInt32.random(in: 0...UInt32.max))"
        try openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "\(base).key",
            "-out", "\(base).csr", "-subj", "/CN=hop")
        try folder.write("\(base).ext", "subjectAltName=\(names)\n")
        try openssl(
            "x509", "-req", "-in", "\(base).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial",
            "\(UInt32.random(in: 1...UInt32.max))", "-days", "\(days)", "-extfile", "\(base).ext", "-out",
            "\(base).pem")
        let pin = try shell(
            """
            openssl x509 -in \(base).pem -pubkey -noout | openssl pkey -pubin -outform \
            der | openssl dgst -sha256 -binary | base64
            """
        )
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(folder.file("\(base).pem")).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: folder.file("\(base).key"), format: .pem)))
        return (try NIOSSLContext(configuration: configuration), pin.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func openssl(_ arguments: String...) throws {
        _ = try run("/usr/bin/env", ["openssl"] + arguments)
    }

    private func shell(_ command: String) throws -> String { try run("/bin/sh", ["-c", command]) }

    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        let out = Pipe()
        process.standardOutput = out
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = out.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw SupportError("\(arguments) ended with \(process.terminationStatus)")
        }
        return String(decoding: text, as: UTF8.self)
    }
}
