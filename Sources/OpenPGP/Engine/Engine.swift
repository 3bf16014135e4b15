// gpg for the gateway: a bounded pool of workers with reused GPGME contexts. Encrypts, decrypts, and reads
// certificates. Never trusts a certificate by itself: that is the keyring's part. Every failure is a Refusal; nothing
// leaves in clear.
//
// What is not signed is encrypted by letterlock-seal (Helper/), where there is one: gpg is then started by a small
// process, at the same cost however large this one is, and behind walls. What signs, decrypts or inspects stays here.
// Recipients are given as keyboxes of one certificate, or as files with one: never as keys that gpg has merged.

import Glibc
package import Mail
import Metrics
package import SettingValues
import Synchronization

/// Runs gpg. Made once per process; ``shutdown()`` ends it.
package final class Engine: Sendable {
    private struct Running {
        let operation: Operation
        let worker: Worker
    }

    private struct State {
        var idle: [Worker] = []
        var waiting: [Operation] = []
        var running: [ObjectIdentifier: Running] = [:]
        var workersMade = 0
        /// Workers whose gpg cannot be killed; they count no more, but there is an end to making new ones.
        var lost = 0
        var isShutDown = false
        var finished: [CheckedContinuation<Void, Never>] = []
    }

    private static let lostLimit = 16
    private static let waits = Metrics.Timer(label: "letterlock_queue_wait_seconds")
    private static let runs = Metrics.Timer(label: "letterlock_gpg_seconds")

    private let settings: GPGSettings
    private let scratch: ScratchFolder
    /// What can be encrypted to.
    let recipients: RecipientBook
    /// nil: gpg encrypts as a child of this process.
    let seal: SealService?
    /// What gpg has said of certificates before; nil: it is asked again in each process.
    let verdicts: VerdictStore?
    /// Keys lent so far: each has a file name of its own.
    let lent = Atomic<Int>(0)
    private let watchdog: Watchdog
    private let state = Mutex(State())

    /// Makes the folder for the GnuPG homes; gpg itself is first run by the first operation.
    /// - Parameters:
    ///   - homeFolder: for the workers' own GnuPG homes; made with mode 0700 where it is missing. No user's gpg.conf is
    ///     read.
    ///   - helper: path of letterlock-seal; nil: gpg encrypts as a child of this process.
    ///   - verdicts: path of the file in which gpg's verdicts of certificates outlive this process; nil: none.
    ///   - tell: what a log should say of the helper and of that file.
    /// - Throws: a ``Refusal`` of cause `storage` where the folder cannot be used, of cause `engine` where GPGME is too
    ///   old.
    package init(
        _ settings: GPGSettings, homeFolder: String, helper: String? = nil, verdicts: String? = nil,
        tell: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(Refusal) {
        guard GPGMELibrary.isReady else { throw Self.failure("gpgme is older than 1.18.0") }
        self.settings = settings
        self.scratch = try ScratchFolder(in: homeFolder)
        let keysFolder = try scratch.makeFolder("keys")
        self.recipients = RecipientBook(folder: keysFolder)
        self.verdicts = verdicts.map { VerdictStore(path: $0, gpg: CertificateReader(settings), tell: tell) }
        self.seal = helper.map { [scratch] program in
            SealService(
                helpers: SealHelpers(program: program, gpg: settings.program, folder: scratch.path, tell: tell),
                keyboxes: Keyboxes(
                    folder: keysFolder, gpg: settings.program, timeoutSeconds: settings.timeoutSeconds))
        }
        self.watchdog = Watchdog(timeoutSeconds: settings.timeoutSeconds)
    }

    /// Seals bytes to all the given certificates: an OpenPGP message, not compressed, with SEIPD version 1 (RFC 4880
    /// section 5.13).
    /// - Parameters:
    ///   - certificates: out of the keyring's last look-up; never empty.
    ///   - armor: nil for the binary form; else it is armored (CRLF lines), and this says what of the text stays in
    ///     memory.
    ///   - signer: signs it in the same operation, inside of the encryption; nil: it is not signed.
    /// - Throws: a ``Refusal`` of cause `engine` where gpg or the signer's key is missing, gpg fails, hangs, or takes
    ///   one of the certificates for invalid; `deadline` where the task was cancelled; `busy` after ``shutdown()``;
    ///   `storage`.
    package func encrypt(
        _ plain: MessageBytes, to certificates: [Certificate], armor: SpoolPolicy? = nil, signer: SigningKey? = nil
    ) async throws(Refusal) -> MessageBytes {
        guard !certificates.isEmpty else {
            throw Refusal(.internalError, "internal error", detail: "encrypting to nobody")
        }
        guard let known = recipients.files(of: certificates) else {
            throw Self.failure("a certificate is no longer in the keyring")
        }
        let work = Operation.Work.encrypt(plain, to: known, armor: armor, signer: signer.map(Self.absolute))
        guard case .bytes(let cipher) = try await run(work) else { throw Self.failure("no output") }
        return cipher
    }

    /// Opens a binary or armored OpenPGP message with the secret keys of a GnuPG home; passphrases are asked for by the
    /// user's own agent. Signatures are not judged.
    /// - Parameters:
    ///   - homeFolder: the GnuPG home; nil is the user's own.
    ///   - limitBytes: most plaintext that is taken; a small message can unpack to any size.
    /// - Throws: ``DecryptError``.
    package func decrypt(
        _ cipher: MessageBytes, homeFolder: String?, limitBytes: Int = 1 << 30
    ) async throws(DecryptError) -> Decrypted {
        let output: Operation.Output
        do {
            output = try await run(
                .decrypt(cipher, homeFolder: homeFolder.map(ScratchFolder.absolute), limitBytes: limitBytes))
        } catch {
            throw .engine(error)
        }
        guard case .decrypted(let result) = output else { throw .engine(Self.failure("no output")) }
        return try result.get()
    }

    /// Ends all operations and waits for their processes; later ones are refused.
    package func shutdown() async {
        let stopped = state.withLock { state in
            state.isShutDown = true
            defer { state.waiting = [] }
            return (state.waiting, state.running.values.map(\.operation))
        }
        for operation in stopped.0 + stopped.1 { operation.stop(.shutdown) }
        for operation in stopped.0 { operation.giveUp() }
        for operation in stopped.1 { watchdog.pursue(operation) }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if !state.running.isEmpty { state.finished.append(continuation) }
                return state.running.isEmpty
            }
            if isDone { continuation.resume() }
        }
        // With the channels of the workers the last letterlock-seal goes.
        let idle = state.withLock { state in
            defer { state.idle = [] }
            return state.idle
        }
        for worker in idle { worker.close() }
        seal?.helpers.end()
        scratch.removeContents()
    }

    // MARK: the pool

    func run(_ work: Operation.Work) async throws(Refusal) -> Operation.Output {
        let operation = Operation(work)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if operation.attach(continuation) { submit(operation) }
            }
        } onCancel: {
            cancel(operation)
        }
        return try result.get()
    }

    private func cancel(_ operation: Operation) {
        operation.stop(.cancelled)
        let wasWaiting = state.withLock { state in
            guard let index = state.waiting.firstIndex(where: { $0 === operation }) else { return false }
            state.waiting.remove(at: index)
            return true
        }
        if wasWaiting { operation.giveUp() } else { watchdog.pursue(operation) }
    }

    private func submit(_ operation: Operation) {
        let next = state.withLock { state -> Result<Worker?, Refusal> in
            guard !state.isShutDown else { return .failure(Refusal(.busy, "the service is stopping, try again later")) }
            do throws(Refusal) {
                let worker = try self.freeWorker(&state)
                if let worker {
                    state.running[ObjectIdentifier(operation)] = Running(operation: operation, worker: worker)
                } else {
                    state.waiting.append(operation)
                }
                return .success(worker)
            } catch { return .failure(error) }
        }
        switch next {
        case .success(nil): break
        case .success(let worker?): start(operation, on: worker)
        case .failure(let refusal): operation.finish(.failure(refusal))
        }
    }

    private func freeWorker(_ state: inout State) throws(Refusal) -> Worker? {
        if let worker = state.idle.popLast() { return worker }
        guard state.running.count < max(1, settings.workers) else { return nil }
        guard state.lost < Self.lostLimit else { throw Self.failure("\(state.lost) gpg processes cannot be ended") }
        let worker = try Worker(
            program: settings.program, scratch: scratch, name: "w\(state.workersMade)", seal: seal)
        state.workersMade += 1
        return worker
    }

    private func start(_ operation: Operation, on worker: Worker) {
        watchdog.watch(operation, target: worker.target) { [weak self] in self?.lose(operation) }
        let started = ContinuousClock.now
        Self.waits.record(duration: started - operation.asked)
        worker.start(operation) {
            Self.runs.record(duration: ContinuousClock.now - started)
            self.release(operation)
        }
    }

    /// A worker has come to the end of an operation: it takes the next one, or is lost and found again.
    private func release(_ operation: Operation) {
        watchdog.forget(operation)
        let next = state.withLock { state -> (Operation, Worker)? in
            guard let running = state.running.removeValue(forKey: ObjectIdentifier(operation)) else {
                state.lost -= 1
                return nil
            }
            guard !state.waiting.isEmpty else {
                state.idle.append(running.worker)
                return nil
            }
            let operation = state.waiting.removeFirst()
            state.running[ObjectIdentifier(operation)] = Running(operation: operation, worker: running.worker)
            return (operation, running.worker)
        }
        if let (operation, worker) = next { start(operation, on: worker) } else { tellFinished() }
    }

    /// The operation's gpg could not be killed: its caller gets an answer, and the worker is no longer counted.
    private func lose(_ operation: Operation) {
        let next = state.withLock { state -> Operation? in
            guard state.running.removeValue(forKey: ObjectIdentifier(operation)) != nil else { return nil }
            state.lost += 1
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        operation.giveUp()
        if let next { submit(next) }
        tellFinished()
    }

    private func tellFinished() {
        let waiting = state.withLock { state in
            guard state.running.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.finished = [] }
            return state.finished
        }
        for continuation in waiting { continuation.resume() }
    }

    static func failure(_ detail: String) -> Refusal {
        Refusal(.engine, EngineText.unavailable, detail: detail)
    }
}
