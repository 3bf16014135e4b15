// The letters' database as a part that may fail and come back: opened when it can be, given up when it cannot be worked
// with, and opened again, without a restart. Callers are told at once meanwhile why not.
// Takes what to open; touches that file; fails with a refusal of cause `storage`.

import Dispatch
import Foundation
import GRDB
import Mail
import Synchronization

/// A database in a folder that others can write.
final class SharedDatabase: Sendable {
    /// Which program holds it; the portal's side makes nothing and may only count attempts and add rows.
    enum Side: Sendable { case gateway, portal }

    private struct State {
        var database: VaultDatabase?
        var trouble: DatabaseTrouble?
        /// It has been open in this process: what is missing or empty from then on is not made anew.
        var wasOpen = false
        var triesLater = false
        /// Who waits for a try that is under way.
        var waiting: [FirstOnly<Void>] = []
        var observer: (@Sendable (Refusal?) -> Void)?
    }

    private let folder: StateFolder
    private let side: Side
    private let opening: DatabaseOpening
    private let retrySeconds: Double
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "letterlock.letters-database")
    private let clock = DispatchQueue(label: "letterlock.letters-clock")

    /// Opens nothing yet.
    /// - Parameter retrySeconds: pause between two tries to use it again.
    init(folder: String, side: Side, busySeconds: Double, retrySeconds: Double = 1) {
        self.folder = StateFolder(path: folder, sharing: .group)
        self.side = side
        self.retrySeconds = retrySeconds
        opening = DatabaseOpening(
            path: "\(folder)/letters.db", name: "letter store", makeMigrator: { LetterSchema.migrator() },
            busySeconds: busySeconds, writerSetup: side == .portal ? PortalFence.all : "", isShared: true,
            guardsSchema: side == .gateway)
    }

    /// Why it cannot be used now; nil: nothing is known against it.
    var problem: Refusal? { state.withLock { $0.trouble?.refusal } }

    /// Is told when it can no longer be used, and (nil) when it can be again.
    func observe(_ observer: @escaping @Sendable (Refusal?) -> Void) {
        let known = state.withLock { state in
            state.observer = observer
            return state.trouble?.refusal
        }
        if let known { observer(known) }
    }

    /// Opens it, on the calling thread.
    /// - Parameter waitSeconds: longest wait for a lock; nil: as long as later.
    func open(waitSeconds: Double? = nil) throws(Refusal) {
        let (wasOpen, looksThrough) = state.withLock { state in
            // What had it open closes it with its last piece of work.
            state.database = nil
            return (state.wasOpen, state.trouble?.kind == .damaged)
        }
        do {
            let isMaker = side == .gateway && !wasOpen
            // A new one would hide that all letters are gone.
            if side == .gateway, wasOpen, FileIdentity(opening.path) == nil { throw FileIdentity.gone(opening.path) }
            _ = isMaker ? try folder.prepare(file: "letters.db") : try folder.existing(file: "letters.db")
            let database = try VaultDatabase(
                opening, mayMigrate: isMaker, looksThrough: looksThrough, openingSeconds: waitSeconds
            ) { [weak self] in self?.note($0) }
            settle(database)
        } catch {
            let trouble =
                error as? DatabaseTrouble
                ?? DatabaseTrouble(.unusable, VaultDatabase.refusal(error, "opening \"\(opening.path)\""))
            note(trouble)
            throw trouble.refusal
        }
    }

    /// Longest wait of those who only ask whether it can be used.
    static let patienceSeconds = 0.5

    // MARK: Work

    /// As ``VaultDatabase/write(_:_:)``.
    func write<T: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(Refusal) -> T {
        let value = try await usable(doing).write(doing, body)
        worked()
        return value
    }

    /// As ``VaultDatabase/read(_:_:)``.
    func read<T: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(Refusal) -> T { try await usable(doing).read(doing, body) }

    /// As ``read(_:_:)``, given up after a time; the work itself goes on until it ends or fails.
    func read<T: Sendable>(
        _ doing: String, atMostSeconds: Double, _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(Refusal) -> T {
        let database = try usable(doing)
        let result: Result<T, Refusal> = await withCheckedContinuation { continuation in
            let first = FirstOnly(continuation)
            Task {
                do throws(Refusal) {
                    first.resume(.success(try await database.read(doing, body)))
                } catch { first.resume(.failure(error)) }
            }
            clock.asyncAfter(deadline: .now() + atMostSeconds) {
                first.resume(
                    .failure(StateFolder.refusal("\(doing): not done within \(atMostSeconds) seconds: it is locked")))
            }
        }
        return try result.get()
    }

    /// Looks again where it could not be used a moment ago: one try for all who ask meanwhile.
    /// - Returns: why it cannot be used now; nil: nothing is known against it.
    func recheck(atMostSeconds: Double) async -> Refusal? {
        guard problem != nil else { return nil }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let first = FirstOnly(continuation)
            let isAlone = state.withLock { state in
                defer { state.waiting.append(first) }
                return state.waiting.isEmpty
            }
            clock.asyncAfter(deadline: .now() + atMostSeconds) { first.resume(()) }
            guard isAlone else { return }
            queue.async { [self] in
                tryAgain()
                let all = state.withLock { state in
                    defer { state.waiting = [] }
                    return state.waiting
                }
                for one in all { one.resume(()) }
            }
        }
        return problem
    }

    /// As ``VaultDatabase/probe()``.
    func probe() async throws(Refusal) {
        if let problem = await recheck(atMostSeconds: Self.patienceSeconds) { throw problem }
        try await usable("probing").probe()
    }

    /// As ``VaultDatabase/durability()``.
    func durability() async throws(Refusal) -> Durability { try await usable("reading settings").durability() }

    /// As ``VaultDatabase/scrub()``.
    func scrub() async throws(Refusal) { try await usable("giving back room").scrub() }

    /// - Throws: at once, while it is not open.
    private func usable(_ doing: String) throws(Refusal) -> VaultDatabase {
        let (database, trouble) = state.withLock { ($0.database, $0.trouble) }
        if let database { return database }
        throw StateFolder.refusal("\(doing): \(trouble?.refusal.detail ?? "letters.db is not open yet")")
    }

    // MARK: Trouble and its end

    /// Gives it up, or only waits no longer for a lock; and looks again later.
    private func note(_ trouble: DatabaseTrouble) {
        let (old, database, observer) = state.withLock { state in
            let old = state.trouble
            state.trouble = trouble
            switch trouble.kind {
            // It works for who finds it free, or reads.
            case .locked, .full: break
            case .damaged, .unusable: state.database = nil
            }
            return (old, state.database, state.observer)
        }
        database?.wait(false)
        tryLater()
        // Once for each kind of trouble, not for each piece of work.
        if old?.kind != trouble.kind { observer?(trouble.refusal) }
    }

    /// A commit shows that neither a lock nor a full disk is in the way.
    private func worked() {
        let (wasInTrouble, database) = state.withLock { ($0.trouble != nil, $0.database) }
        if wasInTrouble, let database { settle(database) }
    }

    private func settle(_ database: VaultDatabase) {
        let (had, observer) = state.withLock { state in
            defer {
                state.database = database
                state.wasOpen = true
                state.trouble = nil
            }
            return (state.trouble != nil, state.observer)
        }
        database.wait(true)
        if had { observer?(nil) }
    }

    private func tryLater() {
        let isFirst = state.withLock { state in
            defer { state.triesLater = true }
            return !state.triesLater
        }
        guard isFirst else { return }
        queue.asyncAfter(deadline: .now() + retrySeconds) { [weak self] in
            self?.state.withLock { $0.triesLater = false }
            self?.tryAgain()
        }
    }

    private func tryAgain() {
        let (database, isInTrouble) = state.withLock { ($0.database, $0.trouble != nil) }
        guard isInTrouble else { return }
        // Both note what they find, and that looks again later.
        guard let database else {
            try? open(waitSeconds: 0.1)
            return
        }
        do throws(Refusal) {
            try database.probeNow()
            settle(database)
        } catch {
            tryLater()
        }
    }
}

/// Resumes a continuation with what comes first.
private final class FirstOnly<Value: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<Value, Never>?>

    init(_ continuation: CheckedContinuation<Value, Never>) { self.continuation = Mutex(continuation) }

    func resume(_ value: Value) {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(returning: value)
    }
}
