// What gpg has said of certificates outlives the process, and nothing else does.

import Foundation
import Mail
import OpenPGP
import SettingValues
import Support
import Testing

@Suite struct VerdictTests {
    /// A gpg that counts how often it inspects, keys, and a state folder for one process after the other.
    private final class Restarts: Sendable {
        let keys = TestFolder()
        let state = TestFolder()
        var file: String { "\(state.path)/verdicts" }
        var gpg: String { "\(state.path)/gpg" }
        let told = Told()

        init(_ names: [String]) throws {
            for name in names { try keys.put("\(name).pgp", TestKeys.certificate(name)) }
            try putGPG()
        }

        /// - Parameter remark: makes it another file.
        func putGPG(_ remark: String = "") throws {
            try putProgram(
                gpg, "case \"$*\" in *--dry-run*) echo x >>\"$0.runs\";; esac; exec /usr/bin/gpg \"$@\" # \(remark)")
        }

        /// One process: what it says of an address, and how often gpg was asked.
        func process(_ address: String, at seconds: Int64? = nil) async throws -> (status: KnownKeys.Status, runs: Int)
        {
            try? FileManager.default.removeItem(atPath: "\(gpg).runs")
            let told = told
            let engine = try Engine(
                .init(program: gpg, timeoutSeconds: 60, workers: 1), homeFolder: "\(state.path)/h", verdicts: file
            ) { told.add($0) }
            let now = seconds ?? Int64(Date().timeIntervalSince1970)
            let keyring = Keyring(folder: keys.path, engine: engine) { now }
            let mailbox = try mailbox(address)
            let status = await keyring.lookup([mailbox])[mailbox]
            await engine.shutdown()
            let runs = try? String(contentsOfFile: "\(gpg).runs", encoding: .utf8)
            return (status, runs?.split(separator: "\n").count ?? 0)
        }
    }

    private final class Told: @unchecked Sendable {
        private let lock = NSLock()
        private var lines: [String] = []
        func add(_ line: String) { lock.withLock { lines.append(line) } }
        var all: [String] { lock.withLock { lines } }
    }

    @Test(arguments: [
        ("bob", "bob@example.org"), ("rita", "rita@example.org"), ("twoids", "ulla@example.net"),
        ("revoked", "rolf@example.org"), ("soon", "sven@example.org"), ("signonly", "sina@example.org"),
        ("future", "fred@example.org"), ("tagged", "tina+news@example.org"),
    ])
    func theSecondProcessAsksNobodyAndSaysTheSame(name: String, address: String) async throws {
        let restarts = try Restarts([name])
        let first = try await restarts.process(address)
        #expect(first.runs == 1)
        let second = try await restarts.process(address)
        #expect(second.runs == 0)
        #expect(second.status == first.status)
        #expect(restarts.told.all.isEmpty)
        var status = stat()
        #expect(stat(restarts.file, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    /// It holds times: what was usable yesterday is expired tomorrow, without gpg.
    @Test func expiryIsJudgedAtEachLookUp() async throws {
        let restarts = try Restarts(["soon"])
        guard case .usable = try await restarts.process("sven@example.org").status else {
            Issue.record("usable today")
            return
        }
        let later = try await restarts.process(
            "sven@example.org", at: Int64(Date().timeIntervalSince1970) + 400 * 86_400)
        #expect(later.runs == 0)
        guard case .unusable(let reasons) = later.status else {
            Issue.record("\(later.status)")
            return
        }
        #expect(reasons.first?.hasPrefix("expired on") == true)
    }

    @Test func anotherCertificateOrAnotherGPGIsAskedAbout() async throws {
        let restarts = try Restarts(["bob"])
        #expect(try await restarts.process("bob@example.org").runs == 1)
        try restarts.keys.put("bob.pgp", TestKeys.certificate("bob2"))
        #expect(try await restarts.process("bob@example.org").runs == 1)
        #expect(try await restarts.process("bob@example.org").runs == 0)
        try restarts.putGPG("another file")
        #expect(try await restarts.process("bob@example.org").runs == 1)
        #expect(try await restarts.process("bob@example.org").runs == 0)
    }

    /// gpg has rejected it: that is asked again, as it may be a matter of its version.
    @Test func aRejectionIsNotKept() async throws {
        let restarts = try Restarts([])
        let bytes = try TestKeys.certificate("bob")
        let places = packets(bytes)
        // Without its self-signature the user id is nobody's word.
        try restarts.keys.put("bob.pgp", Array(bytes[places[0]] + bytes[places[1]]))
        let first = try await restarts.process("bob@example.org")
        #expect(first.runs > 0)
        #expect(try await restarts.process("bob@example.org").runs > 0)
    }

    /// Whatever happens to the file, gpg is asked, the answer is right, and the next process finds it again.
    @Test(arguments: 0..<8) func aDamagedFileIsNoVerdict(kind: Int) async throws {
        let restarts = try Restarts(["revoked"])
        let first = try await restarts.process("rolf@example.org")
        guard case .unusable = first.status else {
            Issue.record("\(first.status)")
            return
        }
        let text = try String(contentsOfFile: restarts.file, encoding: .utf8)
        let changed =
            switch kind {
            case 0: ""
            case 1: String(text.dropLast(20))
            case 2: String(text.prefix(text.utf8.count / 2))
            // The one letter that makes a revoked certificate a good one.
            case 3: text.replacingOccurrences(of: ",r,", with: ",,").replacingOccurrences(of: ",r", with: ",")
            case 4: text.replacingOccurrences(of: "-verdicts 1", with: "-verdicts 2")
            case 5: String(repeating: "x", count: 5000)
            case 6: "from another program\n" + text
            default: text.replacingOccurrences(of: ",r", with: ",e")
            }
        #expect(changed != text)
        try changed.write(toFile: restarts.file, atomically: false, encoding: .utf8)
        let second = try await restarts.process("rolf@example.org")
        #expect(second.runs == 1)
        #expect(second.status == first.status)
        let third = try await restarts.process("rolf@example.org")
        #expect(third.runs == 0)
        #expect(third.status == first.status)
    }

    @Test func whatOthersCanWriteOrNobodyCanIsToldOnce() async throws {
        let restarts = try Restarts(["bob"])
        #expect(try await restarts.process("bob@example.org").runs == 1)
        chmod(restarts.file, 0o666)
        #expect(try await restarts.process("bob@example.org").runs == 1)
        #expect(restarts.told.all.count == 1)
        #expect(restarts.told.all.first?.contains("inspects certificates anew") == true)
        try? FileManager.default.removeItem(atPath: restarts.file)
        try FileManager.default.createDirectory(atPath: "\(restarts.file)/x", withIntermediateDirectories: true)
        #expect(try await restarts.process("bob@example.org").runs == 1)
        #expect(restarts.told.all.count == 2)
    }

    /// Many certificates: one run of gpg for two hundred, and none the next time.
    @Test func aListingAsksNobodyTheSecondTime() async throws {
        let restarts = try Restarts(["bob", "bob2", "rita", "expired", "soon", "twoids"])
        #expect(try await restarts.process("bob@example.org").runs == 1)
        #expect(try await restarts.process("rita@example.org").runs == 1)
        #expect(try await restarts.process("rita@example.org").runs == 0)
        #expect(try await restarts.process("bob@example.org").runs == 0)
    }
}
