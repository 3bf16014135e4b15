// The features log: one JSON line per judged message, for `letterlock policy diff`. Handing a line over never waits: a queue
// takes so many, and what does not fit is counted and lost. Touches one file (0600), appended to and opened again when told.

import Foundation
package import Logging
package import Mail
import Metrics
import POSIX
package import Policy
import ServiceLifecycle
import Synchronization

/// How the features log is written.
package struct FeaturesSettings: Sendable, Equatable {
    /// The file.
    package var file: String
    /// Where the salt lies; nil: addresses stand there as they are.
    package var saltFile: String?
    /// With a salt: true keeps the domains of outside addresses readable.
    package var keepsDomains = false
    /// Header fields whose texts are kept, beside those that the rules name; with a salt only these.
    package var headers: [String]

    package init(file: String, saltFile: String? = nil, keepsDomains: Bool = false, headers: [String] = []) {
        self.file = file
        self.saltFile = saltFile
        self.keepsDomains = keepsDomains
        self.headers = headers
    }
}

/// Takes features and writes them down in the background.
package final class FeaturesLog: Service {
    /// Lines that wait at most.
    static let queueLines = 4096

    private let settings: FeaturesSettings
    private let salt: FeatureSalt?
    private let lines: AsyncStream<MessageFeatures>
    private let queue: AsyncStream<MessageFeatures>.Continuation
    private let file: Mutex<Int32>
    private let wantsReopen = Atomic(false)
    private let inside: Mutex<DomainList>
    private let logger: Logger
    private let written = Counter(label: "letterlock_features_total", dimensions: [("result", "written")])
    private let dropped = Counter(label: "letterlock_features_total", dimensions: [("result", "dropped")])

    /// Opens the file.
    /// - Parameter queueLines: how many lines may wait.
    /// - Throws: a ``Refusal`` of cause `storage`.
    package init(
        _ settings: FeaturesSettings, inside: DomainList, logger: Logger, queueLines: Int = FeaturesLog.queueLines
    ) throws(Refusal) {
        self.settings = settings
        self.logger = logger
        self.inside = Mutex(inside)
        if let path = settings.saltFile { salt = try FeatureSalt(path: path) } else { salt = nil }
        guard let descriptor = Self.opened(settings.file) else {
            throw Refusal(
                .storage, "local storage is not available, try again later",
                detail:
                    "opening the features log \"\(settings.file)\": \(SystemError().words)")
        }
        file = Mutex(descriptor)
        (lines, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(queueLines))
    }

    deinit { file.withLock { _ = close($0) } }

    /// What takes the features of messages down, for one ruleset.
    package func recorder(_ rules: Ruleset) -> FeatureRecorder {
        let fingerprint = salt.map { salt in { @Sendable in salt.fingerprint($0) } } ?? FeatureSalt.plainFingerprint
        return FeatureRecorder(
            rules, headers: settings.headers, keepsNamedHeaders: salt == nil, fingerprint: fingerprint)
    }

    /// Never waits, never fails.
    package func append(_ features: MessageFeatures) {
        if case .enqueued = queue.yield(features) { return }
        dropped.increment()
    }

    /// The file is opened anew before the next line: after it was rotated.
    package func reopen(inside: DomainList? = nil) {
        if let inside { self.inside.withLock { $0 = inside } }
        wantsReopen.store(true, ordering: .relaxed)
    }

    /// Writes until shutdown, and then what still waits.
    package func run() async throws {
        await withGracefulShutdownHandler {
            var isBroken = false
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            for await features in lines {
                let line = hidden(features)
                guard let data = try? encoder.encode(line), write(data + [10]) else {
                    dropped.increment()
                    if !isBroken {
                        logger.error(
                            "the features log cannot be written; lines are lost until it can",
                            metadata: ["file": "\(settings.file)"])
                    }
                    isBroken = true
                    continue
                }
                isBroken = false
                written.increment()
            }
        } onGracefulShutdown: {
            self.queue.finish()
        }
    }

    private func hidden(_ features: MessageFeatures) -> MessageFeatures {
        guard let salt else { return features }
        return salt.hiding(features, inside: inside.withLock { $0 }, keepsDomains: settings.keepsDomains)
    }

    private func write(_ data: Data) -> Bool {
        file.withLock { descriptor in
            if wantsReopen.exchange(false, ordering: .relaxed), let fresh = Self.opened(settings.file) {
                close(descriptor)
                descriptor = fresh
            }
            var rest = data[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    private static func opened(_ path: String) -> Int32? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        return descriptor >= 0 ? descriptor : nil
    }
}
