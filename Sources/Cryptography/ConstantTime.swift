// Comparison in constant time, by OpenSSL. Memory only; cannot fail.

import CLibcrypto

/// Comparison whose time does not tell where two values differ.
package enum ConstantTime {
    /// True where both are equal. The length is no secret and compared first.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
