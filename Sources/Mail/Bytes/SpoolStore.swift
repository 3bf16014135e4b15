// Where large bodies lie while they pass, once the memory of all messages is full: nameless files in one folder, each
// sealed with a key that is in no other place than this process's memory (Promise 3). Takes a folder; gives files.
// Touches that folder only; fails with a refusal of cause `storage`.
//
// A file has no name (O_TMPFILE), or loses it the moment it is made where the file system cannot do that. So a killed
// process leaves nothing behind, and what a disk keeps of it is noise without the key.

import Glibc
import POSIX
import Synchronization

/// The folder of a process's nameless files. Made once; which way the file system takes is decided then.
package final class SpoolStore: Sendable {
    /// How a file comes to have no name.
    package enum Way: String, Sendable, CaseIterable {
        /// It never has one (open(2), O_TMPFILE).
        case nameless
        /// It has one between two system calls.
        case unlinked
    }

    /// The way this folder's file system takes.
    package let way: Way
    /// What is made of messages (ciphertext, armor, chunks of letters) counts here, while it lies in files. Not what
    /// comes in: the doors count that, and a full house must still be able to seal what it has taken.
    package let derived: ByteBudget
    /// What all bodies together hold in memory beyond what each of them may.
    package let memory: ByteBudget
    private let folder: String
    private let files = Atomic<Int>(0)

    // glibc hides it from Swift: a macro of casts. The value is the kernel's (asm-generic/fcntl.h).
    private static let nameless = 0o20000000 | O_DIRECTORY

    /// - Parameters:
    ///   - folder: made (0700) where it is missing; its parent must be there.
    ///   - derivedBytes: limit of ``derived``.
    ///   - memoryBytes: limit of ``memory``, `limits.memoryBudgetBytes`; 0: every body has its own allowance alone.
    ///   - ways: ways to try, in order; fewer than all only in tests.
    /// - Throws: a ``Refusal`` of cause `storage` where no file can be made there.
    package init(
        folder: String, derivedBytes: Int = .max, memoryBytes: Int = 0, ways: [Way] = Way.allCases
    ) throws(Refusal) {
        self.folder = folder
        memory = ByteBudget(limitBytes: memoryBytes)
        derived = ByteBudget(limitBytes: derivedBytes)
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw Self.failure("making the folder", folder) }
        for way in ways {
            let descriptor = Self.open(folder, way)
            guard descriptor >= 0 else { continue }
            Glibc.close(descriptor)
            self.way = way
            return
        }
        throw Self.failure("making a temporary file in", folder)
    }

    /// Files that are open now.
    package var openFiles: Int { files.load(ordering: .relaxed) }

    /// A new file, readable and writable, which no other process is given.
    func open() throws(Refusal) -> Int32 {
        let descriptor = Self.open(folder, way)
        guard descriptor >= 0 else { throw Self.failure("making a temporary file in", folder) }
        files.add(1, ordering: .relaxed)
        return descriptor
    }

    /// Closes what ``open()`` gave.
    func close(_ descriptor: Int32) {
        Glibc.close(descriptor)
        files.subtract(1, ordering: .relaxed)
    }

    private static func open(_ folder: String, _ way: Way) -> Int32 {
        switch way {
        // With O_EXCL nobody can give it a name later.
        case .nameless: return Glibc.open(folder, O_RDWR | nameless | O_EXCL | O_CLOEXEC, 0o600)
        case .unlinked:
            let path = "\(folder)/\(String(UInt64.random(in: .min ... .max), radix: 36))"
            let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            if descriptor >= 0 { unlink(path) }
            return descriptor
        }
    }

    /// The refusal for a failed system call; reads `errno`.
    static func failure(_ doing: String, _ path: String = "") -> Refusal {
        let reason = SystemError()
        return Refusal(
            .storage, "not enough storage at the moment, try again later",
            detail: path.isEmpty ? "\(doing): \(reason)" : "\(doing) \"\(path)\": \(reason)")
    }
}

/// What a builder of bytes keeps in memory, and where the rest goes.
package struct SpoolPolicy: Sendable {
    /// Everything stays in memory: for what is small, for the command line, for tests.
    package static let memoryOnly = SpoolPolicy(store: nil, memoryBytes: .max, isDerived: false, share: nil)

    let store: SpoolStore?
    let memoryBytes: Int
    let isDerived: Bool
    private let share: Share?

    private init(store: SpoolStore?, memoryBytes: Int, isDerived: Bool, share: Share?) {
        self.store = store
        self.memoryBytes = memoryBytes
        self.isDerived = isDerived
        self.share = share
    }

    /// For messages that come in.
    /// - Parameters:
    ///   - store: where the rest goes.
    ///   - memoryBytes: of each body, `limits.memoryBytes`; more only while ``SpoolStore/memory`` lends it.
    package init(_ store: SpoolStore, memoryBytes: Int) {
        self.init(store: store, memoryBytes: memoryBytes, isDerived: false, share: nil)
    }

    /// For what is made of them: counted in ``SpoolStore/derived``.
    package var derived: SpoolPolicy {
        SpoolPolicy(store: store, memoryBytes: memoryBytes, isDerived: true, share: nil)
    }

    /// One allowance of memory and one file for several bodies that live and die together: a message to a thousand
    /// blind recipients makes a thousand ciphertexts, and has neither so much memory nor so many file descriptors.
    package func shared() -> SpoolPolicy {
        guard let store else { return self }
        return SpoolPolicy(
            store: store, memoryBytes: memoryBytes, isDerived: isDerived, share: Share(memoryBytes: memoryBytes))
    }

    /// True where `bytes` more may stay in memory beside the `held` ones of the same body, whatever others hold.
    func keepsInMemory(_ bytes: Int, held: Int) -> Bool {
        guard store != nil else { return true }
        return share?.take(bytes) ?? (bytes <= memoryBytes - held)
    }

    /// The file for a body that has outgrown its memory.
    func file() throws(Refusal) -> SpoolFile {
        guard let store else { throw Refusal(.internalError, "internal error", detail: "a file without a store") }
        if let share { return try share.file { () throws(Refusal) in try SpoolFile(store, self) } }
        return try SpoolFile(store, self)
    }

    private final class Share: Sendable {
        private let state: Mutex<(memoryLeft: Int, file: SpoolFile?)>

        init(memoryBytes: Int) { state = Mutex((memoryBytes, nil)) }

        func take(_ bytes: Int) -> Bool {
            state.withLock { state in
                guard bytes <= state.memoryLeft else { return false }
                state.memoryLeft -= bytes
                return true
            }
        }

        func file(_ make: () throws(Refusal) -> SpoolFile) throws(Refusal) -> SpoolFile {
            let result: Result<SpoolFile, Refusal> = state.withLock { state in
                if let file = state.file { return .success(file) }
                do throws(Refusal) {
                    let made = try make()
                    state.file = made
                    return .success(made)
                } catch {
                    return .failure(error)
                }
            }
            return try result.get()
        }
    }
}
