// Gathers into a rope what gpg writes, chunk by chunk: as a GPGME data object, which calls back on the thread that runs
// the operation, or added by that thread itself. Used by that thread only.

import CGPGME
import Glibc
import Mail
import Packets

/// What gpg writes.
final class DataSink {
    private enum Target {
        case binary(MessageBytes.Builder)
        /// Armored on the way, so that the binary form of a large message need not be kept.
        case armor(Armor.Writer)
    }

    private var target: Target
    private var count = 0
    private let limitBytes: Int
    private let isStopped: () -> Bool
    private let onOverLimit: (() -> Void)?
    private let callbacks = UnsafeMutablePointer<gpgme_data_cbs>.allocate(capacity: 1)
    private var data: OpaquePointer?
    /// True where gpg wrote more than the limit.
    private(set) var isOverLimit = false
    /// Why the output could not be kept, where it could not.
    var failure: Refusal? {
        switch target {
        case .binary(let builder): builder.failure
        case .armor(let writer): writer.failure
        }
    }

    /// - Parameters:
    ///   - source: what the output is made of: what is large goes where that lies.
    ///   - armor: nil for the output as it is; else it is armored, and this says what stays in memory.
    ///   - kind: what the armor says it is.
    ///   - isStopped: asked before each chunk; true ends the operation.
    ///   - onOverLimit: called when gpg writes more than the limit, before the operation ends.
    init(
        from source: MessageBytes = .empty, armor: SpoolPolicy? = nil, as kind: Armor.Kind = .message,
        limitBytes: Int = .max,
        isStopped: @escaping () -> Bool, onOverLimit: (() -> Void)? = nil
    ) {
        if let armor {
            self.target = .armor(Armor.Writer(kind, into: MessageBytes.Builder(spool: armor)))
        } else {
            self.target = .binary(MessageBytes.Builder(derivedFrom: source))
        }
        self.limitBytes = limitBytes
        self.isStopped = isStopped
        self.onOverLimit = onOverLimit
        callbacks.initialize(
            to: gpgme_data_cbs(
                read: nil,
                write: { handle, buffer, count in
                    guard let handle, let buffer else { return -1 }
                    let sink = Unmanaged<DataSink>.fromOpaque(handle).takeUnretainedValue()
                    return sink.take(UnsafeRawBufferPointer(start: buffer, count: count))
                }, seek: nil, release: nil))
    }

    deinit {
        if let data { gpgme_data_release(data) }
        callbacks.deinitialize(count: 1)
        callbacks.deallocate()
    }

    /// The handle for GPGME; valid while this value is.
    func handle() throws(GPGMEError) -> OpaquePointer {
        if let data { return data }
        let made = try makeDataObject(callbacks, Unmanaged.passUnretained(self).toOpaque())
        data = made
        return made
    }

    /// All that gpg wrote.
    /// - Throws: a ``Refusal`` of cause `storage` where it could not be kept.
    func finish() throws(Refusal) -> MessageBytes {
        guard count > 0 else { return .empty }
        switch target {
        case .binary(var builder):
            target = .binary(MessageBytes.Builder())
            return try builder.finish()
        case .armor(var writer): return try writer.finish()
        }
    }

    private func take(_ chunk: UnsafeRawBufferPointer) -> Int {
        let failed = add(chunk)
        guard failed == 0 else {
            gpgme_err_set_errno(failed)
            return -1
        }
        return chunk.count
    }

    /// Adds what gpg wrote.
    /// - Returns: 0, or the number of an error: it is not wanted, too much, or could not be kept.
    func add(_ chunk: UnsafeRawBufferPointer) -> Int32 {
        guard !isStopped() else { return ECANCELED }
        guard chunk.count <= limitBytes - count else {
            isOverLimit = true
            onOverLimit?()
            return EFBIG
        }
        count += chunk.count
        append(chunk)
        return failure == nil ? 0 : ENOSPC
    }

    private func append(_ chunk: UnsafeRawBufferPointer) {
        // Taken out first, so that there is one owner and nothing is copied.
        let now = target
        target = .binary(MessageBytes.Builder())
        switch consume now {
        case .binary(var builder):
            builder.append(chunk)
            target = .binary(builder)
        case .armor(var writer):
            writer.take(chunk)
            target = .armor(writer)
        }
    }
}
