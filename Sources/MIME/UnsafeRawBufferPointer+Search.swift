// Searching raw memory with the C library.

import Glibc

extension UnsafeRawBufferPointer {
    /// Offset of the first occurrence of a pattern at or behind `start`, or nil. Patterns are short constants of ours,
    /// so comparing at each of their first octets stays linear in the text.
    func find(_ pattern: [UInt8], from start: Int) -> Int? {
        guard let base = baseAddress, let first = pattern.first else { return nil }
        var place = start
        while place + pattern.count <= count {
            guard let found = memchr(base + place, Int32(first), count - pattern.count + 1 - place) else { return nil }
            let index = UnsafeRawPointer(found) - base
            if memcmp(found, pattern, pattern.count) == 0 { return index }
            place = index + 1
        }
        return nil
    }
}
