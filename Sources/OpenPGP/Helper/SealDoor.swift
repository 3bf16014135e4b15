// Encrypting through letterlock-seal: the helper of an engine, its keyboxes, and the second try where the helper has
// died. Blocks; belongs on a worker's queue. Fails with Refusal.

import Mail
import POSIX
import Synchronization

/// What the workers of an engine encrypt with.
struct SealService: Sendable {
    /// letterlock-seal.
    let helpers: SealHelpers
    /// What it reads.
    let keyboxes: Keyboxes
}

/// A worker's way to letterlock-seal, for one encryption after the other.
final class SealDoor: Sendable {
    private let service: SealService
    private let homeFolder: String
    private let killGPG: @Sendable () -> Void
    private let channel = Mutex<SealChannel?>(nil)

    /// - Parameters:
    ///   - homeFolder: the worker's GnuPG home.
    ///   - killGPG: ends the worker's gpg, wherever it is.
    init(_ service: SealService, homeFolder: String, killGPG: @escaping @Sendable () -> Void) {
        self.service = service
        self.homeFolder = homeFolder
        self.killGPG = killGPG
    }

    /// Gives the channel up; nothing runs on it any more.
    func close() { channel.withLock { $0 = nil } }

    /// Encrypts. Nothing of a try that failed is kept, so that a letterlock-seal that has died costs a second try and
    /// nothing else.
    func encrypt(
        _ plain: MessageBytes, _ files: [RecipientFile], _ armor: SpoolPolicy?, _ operation: Operation
    ) throws -> MessageBytes {
        try channel.withLock { channel in try encrypt(plain, files, armor, operation, over: &channel) }
    }

    private func encrypt(
        _ plain: MessageBytes, _ files: [RecipientFile], _ armor: SpoolPolicy?, _ operation: Operation,
        over channel: inout SealChannel?
    ) throws -> MessageBytes {
        let request = try service.keyboxes.request(files, homeFolder: homeFolder)
        var isSecond = false
        while true {
            guard !operation.isStopped else { throw Refusal(.engine, EngineText.unavailable, detail: "stopped") }
            let now = try self.usable(channel)
            channel = now
            let sink = DataSink(from: plain, armor: armor) { operation.isStopped }
            do {
                try SealRun.encrypt(plain, request, over: now, into: sink) { operation.isStopped }
                let cipher = try sink.finish()
                guard !cipher.isEmpty else { throw SealRun.Failure.failed("gpg wrote nothing") }
                return cipher
            } catch let failure as SealRun.Failure {
                // Its gpg ends with it.
                channel = nil
                if !failure.isOfGPG { service.helpers.forget(now.helper) }
                guard failure.mayPass, !isSecond else { throw Engine.failure("\(failure)") }
                killGPG()
                isSecond = true
            } catch {
                channel = nil
                throw error
            }
        }
    }

    private func usable(_ old: SealChannel?) throws(Refusal) -> SealChannel {
        let helper = try service.helpers.helper()
        if let old, old.helper === helper { return old }
        do throws(SealHelper.Failure) { return try helper.makeChannel() } catch {
            service.helpers.forget(helper)
            throw Engine.failure(error.text)
        }
    }
}

extension SealRun.Failure: CustomStringConvertible {
    /// For the log.
    var description: String {
        switch self {
        case .helperGone: "letterlock-seal has ended"
        case .notStarted(let error): "gpg cannot be started: \(error.words)"
        case .failed(let text): text
        case .stopped: "stopped"
        case .helperHangs: "letterlock-seal does not answer"
        }
    }

    /// False where another letterlock-seal is wanted: a gpg, or a loader, that was replaced lies outside of its walls.
    fileprivate var isOfGPG: Bool {
        switch self {
        case .failed, .stopped: true
        case .helperGone, .notStarted, .helperHangs: false
        }
    }

    /// True where another letterlock-seal may do better.
    fileprivate var mayPass: Bool {
        switch self {
        case .helperGone, .notStarted: true
        case .failed, .stopped, .helperHangs: false
        }
    }
}
