// From GPGME's error number to what a person can act on.

import CGPGME
import Mail

extension DecryptError {
    /// The case that a failed decryption stands for.
    /// - Throws: the error itself where it says nothing about the message but that gpg is missing or died.
    init(_ error: GPGMEError, recipients: [KeyID]) throws(GPGMEError) {
        switch gpg_err_code_t(error.code) {
        case GPG_ERR_NO_SECKEY: self = .noSecretKey(recipients: recipients)
        case GPG_ERR_NO_DATA: self = .notEncrypted
        case GPG_ERR_BAD_PASSPHRASE, GPG_ERR_NO_PASSPHRASE, GPG_ERR_CANCELED, GPG_ERR_FULLY_CANCELED: self = .passphrase
        case GPG_ERR_DECRYPT_FAILED, GPG_ERR_BAD_DATA, GPG_ERR_INV_PACKET, GPG_ERR_CHECKSUM, GPG_ERR_UNKNOWN_PACKET:
            self = .damaged(error.text)
        default: throw error
        }
    }
}
