// What can be kept as a standing password at all.

import Cryptography
import Links
import Testing

struct ContactTests {
    @Test(arguments: [(31, 16, 600_000), (32, 15, 600_000), (32, 16, 0), (32, 16, 100_000_000)])
    func oddPasswordsAreNone(stretched: Int, salt: Int, rounds: Int) {
        let secret = [UInt8](repeating: 1, count: stretched).withUnsafeBytes { SecretBytes(copying: $0) }
        let password = StandingPassword(
            salt: [UInt8](repeating: 2, count: salt), stretched: secret, kind: .made, rounds: rounds)
        #expect(password == nil, "so it cannot be kept")
    }
}
