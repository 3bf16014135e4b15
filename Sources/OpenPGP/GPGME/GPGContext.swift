// One GPGME context: encrypting, decrypting, and having gpg read certificates without keeping them.
// Blocks until gpg has ended, so it belongs on a worker's queue. Starts gpg processes; fails with GPGMEError.

import CGPGME
import Glibc
import Mail

/// A context of its own, used by one thread at a time and reused: a new one costs a `gpg --version`.
final class GPGContext {
    let context: OpaquePointer
    private let status = StatusLines()

    /// A context for gpg.
    /// - Parameter homeFolder: the GnuPG home; nil is the user's own.
    init(program: String, homeFolder: String?) throws(GPGMEError) {
        var made: OpaquePointer?
        try GPGMEError.check("making a context", gpgme_new(&made))
        guard let made else {
            throw GPGMEError("making a context", gpgme_err_make(GPG_ERR_SOURCE_USER_1, GPG_ERR_ENOMEM))
        }
        self.context = made
        // Checked here, for without it GPGME would quietly use the gpg it finds, with the user's home.
        try GPGMEError.check(
            "using \"\(program)\" as gpg",
            gpgme_ctx_set_engine_info(made, GPGME_PROTOCOL_OpenPGP, program, homeFolder))
        try GPGMEError.check("choosing openpgp", gpgme_set_protocol(made, GPGME_PROTOCOL_OpenPGP))
        // No key is ever fetched: what is used stands in keys/.
        gpgme_set_offline(made, 1)
        gpgme_set_armor(made, 0)
        try GPGMEError.check("asking for status lines", gpgme_set_ctx_flag(made, "full-status", "1"))
        gpgme_set_status_cb(made, StatusLines.callback, Unmanaged.passUnretained(status).toOpaque())
    }

    /// A context for running a program as it is (GPGME's spawn engine).
    init() throws(GPGMEError) {
        var made: OpaquePointer?
        try GPGMEError.check("making a context", gpgme_new(&made))
        guard let made else {
            throw GPGMEError("making a context", gpgme_err_make(GPG_ERR_SOURCE_USER_1, GPG_ERR_ENOMEM))
        }
        self.context = made
        try GPGMEError.check("choosing spawn", gpgme_set_protocol(made, GPGME_PROTOCOL_SPAWN))
    }

    deinit { gpgme_release(context) }

    /// Seals to the certificate in each file; binary, not compressed.
    /// - Parameters:
    ///   - files: paths without line breaks, each with exactly one certificate: of a second one gpg would take no
    ///     notice.
    ///   - signs: true where the context's signer signs in the same operation.
    func encrypt(
        _ plain: DataSource, to files: [String], into cipher: DataSink, signs: Bool = false
    ) throws(GPGMEError) {
        let recipients = "--file\n--\n\(files.joined(separator: "\n"))\n"
        let flags = gpgme_encrypt_flags_t(
            GPGME_ENCRYPT_ALWAYS_TRUST.rawValue | GPGME_ENCRYPT_NO_ENCRYPT_TO.rawValue
                | GPGME_ENCRYPT_NO_COMPRESS.rawValue)
        status.isEncrypted = false
        let (source, sink) = (try plain.handle(), try cipher.handle())
        let error =
            signs
            ? gpgme_op_encrypt_sign_ext(context, nil, recipients, flags, source, sink)
            : gpgme_op_encrypt_ext(context, nil, recipients, flags, source, sink)
        // Looked at first: it is filled on failure too, and says more than the code.
        if let invalid = gpgme_op_encrypt_result(context)?.pointee.invalid_recipients {
            throw GPGMEError("encrypting to a certificate", invalid.pointee.reason)
        }
        try GPGMEError.check("encrypting", error)
        if signs { _ = try madeSignature() }
        // GPGME does not look at gpg's exit code: without this a gpg that died half-way would have succeeded.
        guard status.isEncrypted else {
            throw GPGMEError("encrypting to its end", gpgme_err_make(GPG_ERR_SOURCE_USER_1, GPG_ERR_TRUNCATED))
        }
    }

    /// Opens a message with the secret keys of the home.
    /// - Returns: whether it is integrity-protected, and the key ids it is sealed to.
    func decrypt(_ cipher: DataSource, into plain: DataSink) -> (
        error: GPGMEError?, isProtected: Bool, recipients: [KeyID]
    ) {
        let code: gpgme_error_t
        do { code = gpgme_op_decrypt(context, try cipher.handle(), try plain.handle()) } catch {
            return (error, false, [])
        }
        let error = code == 0 ? nil : GPGMEError("decrypting", code)
        guard let result = gpgme_op_decrypt_result(context) else { return (error, false, []) }
        var recipients: [KeyID] = []
        var next = result.pointee.recipients
        while let recipient = next {
            if let id = recipient.pointee.keyid, let number = UInt64(String(cString: id), radix: 16) {
                recipients.append(KeyID(number))
            }
            next = recipient.pointee.next
        }
        return (error, result.pointee.legacy_cipher_nomdc == 0, recipients)
    }

    /// Runs a program to its end. Its exit code is not known: the caller has to know its output's last line.
    func run(_ program: String, _ arguments: [String], input: DataSource, output: DataSink) throws(GPGMEError) {
        var words: [UnsafePointer<CChar>?] = ([program] + arguments).map { UnsafePointer(strdup($0)) }
        defer { for word in words { free(UnsafeMutablePointer(mutating: word)) } }
        words.append(nil)
        let (source, sink) = (try input.handle(), try output.handle())
        try GPGMEError.check("running \"\(program)\"", gpgme_op_spawn(context, program, &words, source, sink, nil, 0))
    }
}

/// What gpg said about its own doings during the present operation (GnuPG doc/DETAILS, "Format of the --status-fd
/// output").
private final class StatusLines {
    /// True once gpg has written all of its output.
    var isEncrypted = false

    static let callback: gpgme_status_cb_t = { handle, keyword, _ in
        guard let handle, let keyword else { return 0 }
        let lines = Unmanaged<StatusLines>.fromOpaque(handle).takeUnretainedValue()
        if strcmp(keyword, "END_ENCRYPTION") == 0 { lines.isEncrypted = true }
        return 0
    }
}
