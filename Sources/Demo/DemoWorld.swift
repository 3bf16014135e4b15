// The demo's throw-away world: a temporary folder, two recipients' keys made by the real gpg, the portal as a child
// process. Everything goes when the demo ends.

import Foundation

/// Folder, keys and portal of one demo.
final class DemoWorld {
    let folder: String
    private var portal: Process?
    private var portalErrors: Pipe?

    init() throws {
        var template = Array("/tmp/letterlock-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw DemoError("making a temporary folder: errno \(errno)") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for name in ["keys", "var"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        try FileManager.default.createDirectory(
            atPath: gpgHome, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// GnuPG home with the recipients' secret keys.
    var gpgHome: String { "\(folder)/gpg" }
    var keysFolder: String { "\(folder)/keys" }
    var stateFolder: String { "\(folder)/var" }

    /// Makes a key for the address and drops its certificate into the key folder.
    func makeKey(_ address: String) throws {
        let base = ["--homedir", gpgHome, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        try run("gpg", base + ["--quick-generate-key", "<\(address)>", "future-default", "default", "0"])
        try run("gpg", base + ["--armor", "--output", "\(keysFolder)/\(address).asc", "--export", "=<\(address)>"])
    }

    /// Starts the portal on a loopback port; the letters database must be there.
    /// - Throws: ``DemoError`` with the portal's own words where it ends instead of listening.
    func startPortal(_ program: String, port: Int) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--letters", "\(stateFolder)/letters", "--listen", "127.0.0.1:\(port)"]
        let errors = Pipe()
        process.standardError = errors
        do {
            try process.run()
        } catch {
            throw DemoError("starting \"\(program)\": \(error.localizedDescription); build it with `make build`")
        }
        portal = process
        portalErrors = errors
        var heard = ""
        while !heard.contains("listening on http://") {
            let data = errors.fileHandleForReading.availableData
            guard !data.isEmpty else { throw DemoError("letterlock-portal ended: \(heard)") }
            heard += String(decoding: data, as: UTF8.self)
        }
        // Nothing may block the portal's writing once we stop listening.
        errors.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    }

    /// Ends the portal and gpg's agent, and removes the folder.
    func end() {
        if let portal, portal.isRunning {
            portal.terminate()
            portal.waitUntilExit()
        }
        portalErrors?.fileHandleForReading.readabilityHandler = nil
        _ = try? run("gpgconf", ["--homedir", gpgHome, "--kill", "all"])
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw DemoError("running \(program) \(arguments.last ?? ""): status \(process.terminationStatus)")
        }
    }
}
