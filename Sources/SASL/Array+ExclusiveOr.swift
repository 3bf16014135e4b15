// Exclusive or of keys and signatures (RFC 5802 section 3). Pure.

extension Array<UInt8> {
    /// Bitwise exclusive or of two values of one length; nil where the lengths differ.
    func exclusiveOr(_ other: [UInt8]) -> [UInt8]? {
        count == other.count ? zip(self, other).map { $0 ^ $1 } : nil
    }
}
