// GPGME as a whole: started once, its errors as values with operation, number and text.

import CGPGME
import Glibc

/// A failed call of GPGME.
struct GPGMEError: Error, Equatable, CustomStringConvertible {
    /// What was being done.
    let operation: String
    /// `gpg_err_code_t` as a number.
    let code: UInt32
    /// GPGME's own words.
    let text: String

    init(_ operation: String, _ error: gpgme_error_t) {
        self.operation = operation
        self.code = gpgme_err_code(error).rawValue
        // gpgme_strerror is not safe in threads.
        self.text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress, gpgme_strerror_r(error, base, buffer.count) == 0 else {
                return "error \(error)"
            }
            return String(cString: base)
        }
    }

    /// `encrypting: No space left on device (8192)`.
    var description: String { "\(operation): \(text) (\(code))" }

    /// Throws where `error` is one.
    static func check(_ operation: String, _ error: gpgme_error_t) throws(GPGMEError) {
        guard error == 0 else { throw GPGMEError(operation, error) }
    }
}

/// The library's own start, which must come before any other call and only once.
enum GPGMELibrary {
    /// True once GPGME runs. It also ignores SIGPIPE where nobody else cared, so that a gpg that dies does not end us.
    static let isReady: Bool = {
        // Without it GPGME runs gpgconf, three times, and gpgsm to learn where engines are that nobody here uses: gpg
        // is told to it by name (`gpg.program`).
        gpgme_set_global_flag("disable-gpgconf", "1")
        return gpgme_check_version("1.18.0") != nil
    }()
}
