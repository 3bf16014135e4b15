// Names of messages in logs, replies and Received fields. Touches the system's randomness; never fails.

/// Makes ids: 12 characters of Crockford's base32, 60 random bits, so that no two messages of a site meet.
enum MessageID {
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// A new id; letters and digits only.
    static func make() -> String {
        var bits = UInt64.random(in: .min ... .max)
        return String(unsafeUninitializedCapacity: 12) { target in
            for index in 0..<12 {
                target[index] = alphabet[Int(bits & 31)]
                bits >>= 5
            }
            return 12
        }
    }
}
