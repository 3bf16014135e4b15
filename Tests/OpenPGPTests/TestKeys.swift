// Keys made by real gpg, once for all tests of this module, in a throw-away home that is removed at the end.

import Foundation
import Mail
import OpenPGP
import SettingValues
import Support
import Synchronization

/// Runs a program to its end.
@discardableResult
func runProgram(_ program: String, _ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = FileHandle.nullDevice
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input))
    try stdin.fileHandleForWriting.close()
    let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ProgramFailed(status: process.terminationStatus) }
    return Array(output)
}

/// Writes a shell script by another process: a file that is open for writing here, even in a child that another test
/// has just forked, cannot be executed.
func putProgram(_ path: String, _ script: String) throws {
    try runProgram(
        "/bin/sh", ["-c", "cat >\"$1\"; chmod 700 \"$1\"", "sh", path], input: Array("#!/bin/sh\n\(script)\n".utf8))
}

struct ProgramFailed: Error { let status: Int32 }

/// A folder of a test's own, with a short path, removed with the value.
final class TestFolder: Sendable {
    let path: String

    /// - Parameter isInMemory: true where it may lie in memory: a disk writes files out that are put in others' places.
    init(isInMemory: Bool = false) {
        let parent = isInMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        path = "\(parent)/ll-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file as a careful administrator does: under another name first.
    func put(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"), options: .atomic)
    }

    /// Overwrites a file in place.
    func overwrite(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
}

/// All certificates of the tests and the home with their secret keys.
enum TestKeys {
    struct Made: Sendable {
        let home: String
        let certificates: [String: [UInt8]]
        let secretBob: [UInt8]
    }

    /// Name to binary certificate.
    static let made: Made? = try? make()

    static func certificate(_ name: String) throws -> [UInt8] {
        guard let found = made?.certificates[name] else { throw ProgramFailed(status: -1) }
        return found
    }

    static func home() throws -> String {
        guard let made else { throw ProgramFailed(status: -1) }
        return made.home
    }

    /// So many zero octets, packed as small as gpg can and sealed to Bob.
    static func packed(zeros: Int) throws -> [UInt8] {
        try runProgram(
            "/usr/bin/gpg",
            [
                "--homedir", try home(), "--batch", "--no-tty", "--quiet", "--trust-model", "always", "--compress-algo",
                "bzip2", "--encrypt", "-r", "=Bob <bob@example.org>",
            ], input: [UInt8](repeating: 0, count: zeros))
    }

    /// Certificates of `crowd0@example.org` and so on, by name, made in one run of gpg.
    static func crowd(_ count: Int) throws -> [String: [UInt8]] {
        let folder = TestFolder()
        let home = ["--homedir", folder.path, "--batch", "--no-tty", "--quiet"]
        defer { _ = try? runProgram("/usr/bin/gpgconf", ["--homedir", folder.path, "--kill", "all"]) }
        let orders = (0..<count).map { number in
            """
            %no-protection
            Key-Type: EDDSA
            Key-Curve: ed25519
            Subkey-Type: ECDH
            Subkey-Curve: cv25519
            Name-Email: crowd\(number)@example.org
            Expire-Date: 0
            %commit

            """
        }
        try runProgram("/usr/bin/gpg", home + ["--generate-key"], input: Array(orders.joined().utf8))
        let names = (0..<count).map { "crowd\($0)" }
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try runProgram("/usr/bin/gpg", home + ["--export", "=\($0)@example.org"]))
            })
    }

    private static let folder = TestFolder()

    private static func make() throws -> Made {
        let home = folder.path
        // Tests end without deinit of statics: the folder goes at exit, and its agent with it.
        atexit {
            _ = try? runProgram("/usr/bin/gpgconf", ["--homedir", TestKeys.folder.path, "--kill", "all"])
            try? FileManager.default.removeItem(atPath: TestKeys.folder.path)
        }
        func gpg(_ arguments: String..., input: [UInt8] = []) throws -> [UInt8] {
            try runProgram(
                "/usr/bin/gpg",
                [
                    "--homedir", home, "--batch", "--no-tty", "--quiet", "--passphrase", "", "--pinentry-mode",
                    "loopback", "--yes",
                ]
                    + arguments, input: input)
        }
        func fingerprint(_ userID: String) throws -> String {
            let listing = String(decoding: try gpg("--with-colons", "--list-keys", "=\(userID)"), as: UTF8.self)
            let line = listing.split(separator: "\n").first { $0.hasPrefix("fpr:") } ?? ""
            return String(line.split(separator: ":").last ?? "")
        }
        var certificates: [String: [UInt8]] = [:]
        func make(
            _ name: String, _ userID: String, at time: String? = nil, expires: String = "never",
            subkey: String? = "cv25519",
            subkeyExpires: String? = nil, primary: String = "ed25519", more: (String) throws -> Void = { _ in }
        ) throws {
            let clock = time.map { ["--faked-system-time", $0] } ?? []
            func timed(_ arguments: [String]) throws {
                try runProgram(
                    "/usr/bin/gpg",
                    [
                        "--homedir", home, "--batch", "--no-tty", "--quiet", "--passphrase", "", "--pinentry-mode",
                        "loopback",
                    ]
                        + clock + arguments)
            }
            try timed(["--quick-generate-key", userID, primary, "cert,sign", expires])
            let print = try fingerprint(userID)
            if let subkey { try timed(["--quick-add-key", print, subkey, "encr", subkeyExpires ?? expires]) }
            try more(print)
            certificates[name] = try gpg("--export", print)
        }

        try make("bob", "Bob <bob@example.org>")
        try make("bob2", "Bob Other <Bob@Example.ORG>")
        try make("rita", "Rita <rita@example.org>", subkey: "rsa2048", primary: "rsa2048")
        try make("expired", "Erik <erik@example.org>", at: "20200101T000000", expires: "1y")
        try make("soon", "Sven <sven@example.org>", expires: "1y")
        try make("signonly", "Sina <sina@example.org>", subkey: nil)
        try make("future", "Fred <fred@example.org>", at: "20990101T000000")
        try make("oldsubkey", "Olga <olga@example.org>", at: "20200101T000000", subkeyExpires: "1y")
        try make("tagged", "Tag <tina+news@example.org>")
        try make("revoked", "Rolf <rolf@example.org>") { print in
            certificates["revokedlater"] = try gpg("--export", print)
            // gpg keeps a revocation certificate that a colon protects from use by accident.
            let path = "\(home)/openpgp-revocs.d/\(print).rev"
            let text = try String(contentsOfFile: path, encoding: .utf8).replacingOccurrences(
                of: ":-----BEGIN", with: "-----BEGIN")
            _ = try gpg("--import", input: Array(text.utf8))
        }
        try make("twoids", "Ulla <ulla@example.org>") { print in
            _ = try gpg("--quick-add-uid", print, "Ulla <ulla@example.net>")
            _ = try gpg("--quick-revoke-uid", print, "Ulla <ulla@example.net>")
        }
        let secret = try gpg("--export-secret-keys", try fingerprint("Bob <bob@example.org>"))
        return Made(home: home, certificates: certificates, secretBob: secret)
    }
}

/// A mailbox that is known to be one.
func mailbox(_ text: String) throws -> Mailbox {
    guard let mailbox = Mailbox(text) else { throw ProgramFailed(status: -2) }
    return mailbox
}

/// Engine, keyring and folders of one test.
struct Bench {
    let keys = TestFolder()
    let state = TestFolder()
    let program: String
    let engine: Engine
    let keyring: Keyring

    /// - Parameters:
    ///   - program: nil is a link to gpg that the test may replace.
    ///   - helper: nil: gpg is started from here.
    init(
        _ certificates: [String] = [], program: String? = "/usr/bin/gpg", timeoutSeconds: Int = 60, workers: Int = 2,
        helper: String? = BuiltProgram.path("letterlock-seal"), nowSeconds: (@Sendable () -> Int64)? = nil
    ) throws {
        for name in certificates { try keys.put("\(name).pgp", TestKeys.certificate(name)) }
        self.program = program ?? "\(state.path)/gpg"
        if program == nil {
            try FileManager.default.createSymbolicLink(atPath: self.program, withDestinationPath: "/usr/bin/gpg")
        }
        engine = try Engine(
            GPGSettings(program: self.program, timeoutSeconds: timeoutSeconds, workers: workers),
            homeFolder: "\(state.path)/h", helper: helper)
        let clock = nowSeconds ?? { Int64(Date().timeIntervalSince1970) }
        keyring = Keyring(folder: keys.path, engine: engine, nowSeconds: clock)
    }

    /// What the engine has written for gpg: certificates and keyboxes.
    func keyFiles() throws -> [String] {
        let folder = "\(state.path)/h"
        return try FileManager.default.contentsOfDirectory(atPath: folder).flatMap { scratch in
            let keys = "\(folder)/\(scratch)/keys"
            return try FileManager.default.contentsOfDirectory(atPath: keys).map { "\(keys)/\($0)" }
        }
    }

    /// Puts the real gpg back.
    func mend() throws {
        try FileManager.default.removeItem(atPath: program)
        try FileManager.default.createSymbolicLink(atPath: program, withDestinationPath: "/usr/bin/gpg")
    }

    func status(_ address: String) async throws -> KnownKeys.Status {
        let mailbox = try mailbox(address)
        return await keyring.lookup([mailbox])[mailbox]
    }

    func usable(_ address: String) async throws -> [Certificate] {
        guard case .usable(let certificates) = try await status(address) else { return [] }
        return certificates
    }

    func reasons(_ address: String) async throws -> [String] {
        guard case .unusable(let reasons) = try await status(address) else { return [] }
        return reasons
    }

    func isUnknown(_ address: String) async throws -> Bool {
        if case .unknown = try await status(address) { return true }
        return false
    }
}
