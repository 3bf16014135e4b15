// Signing with the one secret key of a context that was made for it. Blocks until gpg has ended, so it belongs on a
// worker's queue. Fails with GPGMEError: nothing is given unsigned.

import CGPGME
import Glibc
import Mail

extension GPGContext {
    /// Makes the context sign with one key of its home, which must be there, be able to sign and need no passphrase
    /// from a person.
    func chooseSigner(_ name: String) throws(GPGMEError) {
        gpgme_signers_clear(context)
        // Nobody sits here to type one: what the agent does not have is an error at once.
        try GPGMEError.check(
            "choosing how a passphrase is asked for", gpgme_set_pinentry_mode(context, GPGME_PINENTRY_MODE_ERROR))
        let what = "finding the secret key \"\(name)\""
        try GPGMEError.check(what, gpgme_op_keylist_start(context, name, 1))
        var first: gpgme_key_t?
        var second: gpgme_key_t?
        let code = gpgme_op_keylist_next(context, &first)
        let isOnly = code == 0 && gpgme_op_keylist_next(context, &second) != 0
        gpgme_op_keylist_end(context)
        defer {
            if let first { gpgme_key_unref(first) }
            if let second { gpgme_key_unref(second) }
        }
        try GPGMEError.check(what, code)
        guard isOnly else {
            throw GPGMEError(what, gpgme_err_make(GPG_ERR_SOURCE_USER_1, GPG_ERR_AMBIGUOUS_NAME))
        }
        try GPGMEError.check("choosing the secret key \"\(name)\"", gpgme_signers_add(context, first))
    }

    /// Writes a detached signature.
    /// - Returns: the name of its hash in lower case.
    func sign(_ content: DataSource, into signature: DataSink) throws(GPGMEError) -> String {
        let error = gpgme_op_sign(context, try content.handle(), try signature.handle(), GPGME_SIG_MODE_DETACH)
        try GPGMEError.check("signing", error)
        return try madeSignature()
    }

    /// The hash of the one signature that the last operation made.
    func madeSignature() throws(GPGMEError) -> String {
        guard let result = gpgme_op_sign_result(context), result.pointee.invalid_signers == nil,
            let made = result.pointee.signatures, made.pointee.next == nil,
            let name = gpgme_hash_algo_name(made.pointee.hash_algo)
        else { throw GPGMEError("signing to its end", gpgme_err_make(GPG_ERR_SOURCE_USER_1, GPG_ERR_TRUNCATED)) }
        return String(cString: name).lowercased()
    }
}
