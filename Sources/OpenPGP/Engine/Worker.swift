// One worker: a queue of its own for gpg's blocking calls, a GnuPG home that no other process names, reused contexts.
// Touches its home and gpg processes; answers with Refusal.

import Dispatch
import Glibc
import Mail
import Packets
import SealWire
import Synchronization

/// Runs one operation after the other, off the cooperative pool.
final class Worker: Sendable {
    /// gpg's own settings. One home per worker, so that nothing is shared or locked, and so that a hanging gpg is known
    /// by its command line.
    ///
    /// gpg 2.2 never writes AEAD packets; later ones might for a key that asks for them, which the seal check refuses.
    private static let configuration = """
        batch
        no-tty
        no-greeting
        no-keyring
        no-random-seed-file
        no-auto-check-trustdb
        no-autostart
        lock-never
        trust-model always
        compress-algo none

        """

    private struct Contexts {
        var gpg: GPGContext?
        var spawn: GPGContext?
        /// The last signer's.
        var signing: (key: SigningKey, context: GPGContext)?
    }

    /// The GnuPG home, absolute; it stands on the command line of every gpg of this worker that is not `--version`.
    let homeFolder: String
    /// How its processes are known.
    var target: ProcessTable.Target { ProcessTable.Target(homeFolder: homeFolder, program: program) }
    private let program: String
    /// nil: gpg is started from here.
    private let seal: SealDoor?
    private let queue: DispatchQueue
    private let contexts = Mutex(Contexts())

    init(program: String, scratch: ScratchFolder, name: String, seal: SealService?) throws(Refusal) {
        self.program = program
        let homeFolder = try scratch.makeFolder(name)
        self.homeFolder = homeFolder
        self.seal = seal.map { service in
            SealDoor(service, homeFolder: homeFolder) {
                ProcessTable.kill(ProcessTable.Target(homeFolder: homeFolder, program: program))
            }
        }
        self.queue = DispatchQueue(label: "letterlock.gpg.\(name)")
        try ScratchFolder.write(MessageBytes(Self.configuration), to: "\(homeFolder)/gpg.conf")
    }

    /// Starts an operation; `done` is called on the worker's queue when gpg has ended, after the answer was given.
    func start(_ operation: Operation, done: @escaping @Sendable () -> Void) {
        queue.async {
            if operation.isStopped {
                operation.giveUp()
            } else {
                let result = self.run(operation)
                // GPGME may come back as soon as it is told to, before its gpg has ended.
                if operation.isStopped { ProcessTable.kill(self.target) }
                operation.finish(result)
            }
            done()
        }
    }

    /// Gives up its letterlock-seal; nothing runs on it any more.
    func close() { seal?.close() }

    private func run(_ operation: Operation) -> Result<Operation.Output, Refusal> {
        contexts.withLock { contexts in
            do {
                switch operation.work {
                case .encrypt(let plain, let files, let armor, let signer):
                    return .success(.bytes(try self.encrypt(plain, files, armor, signer, operation, &contexts)))
                case .sign(let content, let signer):
                    return .success(.signature(try self.sign(content, signer, operation, &contexts)))
                case .inspect(let certificates):
                    return .success(.bytes(try self.inspect(certificates, operation, &contexts)))
                case .decrypt(let cipher, let home, let limit):
                    return .success(.decrypted(try self.decrypt(cipher, home, limit, operation)))
                }
            } catch {
                // Whatever went wrong may be in the context too; the next operation begins with a new one.
                contexts = Contexts()
                if let refusal = error as? Refusal { return .failure(refusal) }
                return .failure(Refusal(.engine, EngineText.unavailable, detail: "\(error)"))
            }
        }
    }

    private func encrypt(
        _ plain: MessageBytes, _ files: [RecipientFile], _ armor: SpoolPolicy?, _ signer: SigningKey?,
        _ operation: Operation, _ contexts: inout Contexts
    ) throws -> MessageBytes {
        if signer == nil, let seal, files.count <= SealRequest.recipientLimit {
            return try seal.encrypt(plain, files, armor, operation)
        }
        for file in files { try file.restore() }
        let context: GPGContext
        if let signer {
            context = try signing(signer, &contexts)
        } else {
            context = try contexts.gpg ?? GPGContext(program: program, homeFolder: homeFolder)
            contexts.gpg = context
        }
        guard !operation.isStopped else { throw Refusal(.engine, EngineText.unavailable, detail: "stopped") }
        let source = DataSource(plain) { operation.isStopped }
        let sink = DataSink(from: plain, armor: armor) { operation.isStopped }
        do { try context.encrypt(source, to: files.map(\.path), into: sink, signs: signer != nil) } catch {
            throw source.failure ?? sink.failure ?? error as any Error
        }
        let cipher = try sink.finish()
        guard !cipher.isEmpty else { throw Refusal(.engine, EngineText.unavailable, detail: "gpg wrote nothing") }
        return cipher
    }

    /// A context of the signer's home: that is where its secret key is, and only there is it used.
    private func signing(_ signer: SigningKey, _ contexts: inout Contexts) throws -> GPGContext {
        if let known = contexts.signing, known.key == signer { return known.context }
        let context = try GPGContext(program: program, homeFolder: signer.homeFolder)
        try context.chooseSigner(signer.name)
        contexts.signing = (signer, context)
        return context
    }

    private func sign(
        _ content: MessageBytes, _ signer: SigningKey, _ operation: Operation, _ contexts: inout Contexts
    ) throws -> DetachedSignature {
        let context = try signing(signer, &contexts)
        guard !operation.isStopped else { throw Refusal(.engine, EngineText.unavailable, detail: "stopped") }
        let source = DataSource(content) { operation.isStopped }
        let sink = DataSink(from: content, armor: .memoryOnly, as: .signature) { operation.isStopped }
        let hash: String
        do { hash = try context.sign(source, into: sink) } catch {
            throw source.failure ?? sink.failure ?? error as any Error
        }
        let armor = try sink.finish()
        guard !armor.isEmpty else { throw Refusal(.engine, EngineText.unavailable, detail: "gpg wrote no signature") }
        return DetachedSignature(armor: armor, hash: hash)
    }

    /// `--dry-run --import-options import-show --import` checks every self-signature and leaves out what has no valid
    /// one, but keeps nothing. GPGME's own key listing from data is the same command, but drops user ids' expiry.
    private func inspect(
        _ certificates: MessageBytes, _ operation: Operation, _ contexts: inout Contexts
    ) throws -> MessageBytes {
        let context = try contexts.spawn ?? GPGContext()
        contexts.spawn = context
        let source = DataSource(certificates) { operation.isStopped }
        let sink = DataSink(limitBytes: 256 * 1024 * 1024) { operation.isStopped }
        let arguments = [
            "--homedir", homeFolder, "--quiet", "--status-fd", "1", "--with-colons", "--with-fingerprint",
            // A key that becomes valid tomorrow is read today; its times are compared at each look-up.
            "--ignore-time-conflict",
            // Without these gpg leaves out subkeys that say why a certificate is unusable, and wants a trust database.
            "--list-options", "show-unusable-subkeys,show-unusable-uids", "--no-expensive-trust-checks",
            "--import-options", "import-show", "--dry-run", "--import",
        ]
        do { try context.run(program, arguments, input: source, output: sink) } catch {
            throw source.failure ?? sink.failure ?? error as any Error
        }
        return try sink.finish()
    }

    private func decrypt(
        _ cipher: MessageBytes, _ home: String?, _ limitBytes: Int, _ operation: Operation
    ) throws -> Result<Decrypted, DecryptError> {
        let context = try GPGContext(program: program, homeFolder: home)
        guard !operation.isStopped else { throw Refusal(.engine, EngineText.unavailable, detail: "stopped") }
        let source = DataSource(try BinaryCipher.of(cipher)) { operation.isStopped }
        let honestBytes = Self.honestBytes(cipher)
        let mostBytes = min(limitBytes, max(Self.smallBytes, honestBytes))
        let tooMuch =
            mostBytes >= honestBytes
            ? DecryptError.bomb(cipherBytes: cipher.count, plainBytes: mostBytes) : .tooBig(limitBytes: limitBytes)
        // Told at once: however its gpg ends after that, it is not what is wrong.
        let sink = DataSink(
            from: cipher, limitBytes: mostBytes, isStopped: { operation.isStopped },
            onOverLimit: { operation.finish(.success(.decrypted(.failure(tooMuch)))) })
        let (error, isProtected, recipients) = context.decrypt(source, into: sink)
        if sink.isOverLimit { return .failure(tooMuch) }
        if let failure = source.failure ?? sink.failure { throw failure }
        if let error { return .failure(try DecryptError(error, recipients: recipients)) }
        return .success(Decrypted(bytes: try sink.finish(), integrityProtected: isProtected, recipients: recipients))
    }

    /// So much plaintext may come of any message.
    private static let smallBytes = 64 << 20

    /// More than this is no honest message: text packs to a tenth or a thirtieth.
    private static func honestBytes(_ cipher: MessageBytes) -> Int { min(cipher.count, Int.max / 200) * 200 }
}
