// Searching bytes for a short constant of ours.

import Glibc

/// Finding bytes in bytes.
enum Search {
    /// Where a pattern begins, or nil. Linear in the bytes: patterns are short.
    static func find(_ pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = pattern.first else { return bytes.startIndex }
        return bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return nil }
            var place = 0
            while place + pattern.count <= raw.count {
                let room = raw.count - pattern.count + 1 - place
                guard let found = memchr(base + place, Int32(first), room) else { return nil }
                let index = UnsafeRawPointer(found) - base
                if memcmp(found, pattern, pattern.count) == 0 { return bytes.startIndex + index }
                place = index + 1
            }
            return nil
        }
    }
}
