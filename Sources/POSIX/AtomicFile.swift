// A file put in the place of another at once: written beside it under another name, flushed, renamed. A program that
// reads sees the old file or the new one, also after a crash. Touches these two names and their folder.

package import Glibc

/// A new file on its way into an old one's place; without ``commit(_:)`` it goes, and the old one stays.
package final class AtomicFile {
    /// What was being done when a call failed.
    package enum Step: Sendable, Hashable {
        /// The file beside could not be made.
        case making
        /// It could not be written, flushed or renamed.
        case writing
        /// The folder could not be flushed: the file is in its place, but a power cut may undo that.
        case syncing
    }

    /// A call that failed.
    package struct Failure: Error, Sendable, Hashable {
        /// What was being done.
        package let step: Step
        /// Why it failed.
        package let error: SystemError
    }

    /// What is to outlive a power cut.
    package enum Durability: Sendable {
        /// Nothing: a file that can be made again.
        case none
        /// The file and its name.
        case fileAndName
    }

    /// Name of the file beside.
    package let temporary: String
    private let path: String
    private let descriptor: Int32
    private var isDone = false

    /// Makes the file beside, readable and writable by its owner only (0600).
    /// - Parameters:
    ///   - path: what is to be replaced, there or not; a symbolic link itself would be replaced, not what it leads to.
    ///   - temporary: name of the file beside, in the same folder; what a crash left under it is removed. nil: one that
    ///     nobody else uses.
    package init(replacing path: String, temporary: String? = nil) throws(Failure) {
        self.path = path
        self.temporary = temporary ?? "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).new"
        if temporary != nil { unlink(self.temporary) }
        descriptor = open(self.temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Failure(step: .making, error: SystemError()) }
    }

    deinit {
        close(descriptor)
        if !isDone { unlink(temporary) }
    }

    /// Gives the file the owner and group of another one, and then its mode within `widest`; where the owner cannot be
    /// given, the mode stays narrow.
    package func takeOwner(of path: String, widest: mode_t) {
        var status = stat()
        guard stat(path, &status) == 0, fchown(descriptor, status.st_uid, status.st_gid) == 0 else { return }
        fchmod(descriptor, status.st_mode & widest)
    }

    /// Adds bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        do { try Descriptors.writeAll(descriptor, bytes) } catch { throw Failure(step: .writing, error: error) }
    }

    /// Adds bytes.
    package func write(_ bytes: [UInt8]) throws(Failure) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in try write(UnsafeRawBufferPointer(bytes)) }
    }

    /// Puts the file in its place.
    package func commit(_ durability: Durability) throws(Failure) {
        if case .fileAndName = durability, fsync(descriptor) != 0 {
            throw Failure(step: .writing, error: SystemError())
        }
        guard rename(temporary, path) == 0 else { throw Failure(step: .writing, error: SystemError()) }
        isDone = true
        guard case .fileAndName = durability else { return }
        do { try Descriptors.syncFolder(Descriptors.folder(of: path)) } catch {
            throw Failure(step: .syncing, error: error)
        }
    }
}
