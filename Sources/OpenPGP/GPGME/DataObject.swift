// GPGME's data objects, whose bytes come from callbacks of ours: DataSource and DataSink.

import CGPGME

/// Bytes per callback: a pipe's default capacity. GPGME's own default (4 KiB) costs 16 times the calls.
private let chunkBytes = "65536"

/// A GPGME data object that lives as long as this value.
func makeDataObject(
    _ callbacks: UnsafeMutablePointer<gpgme_data_cbs>, _ handle: UnsafeMutableRawPointer
) throws(GPGMEError) -> OpaquePointer {
    var data: OpaquePointer?
    try GPGMEError.check("making a data object", gpgme_data_new_from_cbs(&data, callbacks, handle))
    guard let data else {
        throw GPGMEError("making a data object", gpgme_err_make(GPG_ERR_SOURCE_USER_1, GPG_ERR_ENOMEM))
    }
    // Older libraries do not know the flag; then it is slower and nothing else.
    _ = gpgme_data_set_flag(data, "io-buffer-size", chunkBytes)
    return data
}
