// A GPGME data object from which gpg reads a rope, chunk by chunk. GPGME calls back on the thread that runs the
// operation; the object is used by that thread only.

import CGPGME
import Glibc
import Mail

/// What gpg reads.
final class DataSource {
    private var reader: MessageBytes.Reader
    private let isStopped: () -> Bool
    private let callbacks = UnsafeMutablePointer<gpgme_data_cbs>.allocate(capacity: 1)
    private var data: OpaquePointer?
    /// Why reading failed, where it did.
    private(set) var failure: Refusal?

    /// - Parameter isStopped: asked before each chunk; true ends the operation.
    init(_ bytes: MessageBytes, isStopped: @escaping () -> Bool) {
        self.reader = bytes.makeReader()
        self.isStopped = isStopped
        callbacks.initialize(
            to: gpgme_data_cbs(
                read: { handle, buffer, count in
                    guard let handle, let buffer else { return -1 }
                    let source = Unmanaged<DataSource>.fromOpaque(handle).takeUnretainedValue()
                    return source.fill(UnsafeMutableRawBufferPointer(start: buffer, count: count))
                }, write: nil, seek: nil, release: nil))
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

    private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard !isStopped() else {
            gpgme_err_set_errno(ECANCELED)
            return -1
        }
        do { return try reader.read(into: buffer) } catch {
            failure = error
            gpgme_err_set_errno(EIO)
            return -1
        }
    }
}
