// The checksum of ASCII armor (RFC 4880 section 6.1). Pure.
// The register is kept left-aligned in 32 bits, so that it can be computed like any CRC-32 without reflection: by
// carry-less multiplication where the processor has it (CBase64), else eight bytes at a step ("slicing by 8": table k
// advances a byte by k further zero bytes).

import CBase64

/// A running CRC-24 over bytes that come in pieces.
package struct CRC24: Sendable {
    private static let tables: [UInt32] = makeTables()
    private var register: UInt32 = 0x00B7_04CE << 8

    /// Of no bytes.
    package init() {}

    /// The checksum of everything fed so far: 24 bits.
    package var value: UInt32 { register >> 8 }

    /// Takes the next bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        let done = withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) { rest -> Int in
            guard let target = rest.baseAddress else { return 0 }
            let source = Base64Kernels.octets(base)
            let done = letterlock_crc24_fold(register, source, bytes.count, Base64Kernels.octets(target))
            guard done > 0 else { return 0 }
            register = 0
            updateByTable(UnsafeRawBufferPointer(rest))
            return done
        }
        updateByTable(UnsafeRawBufferPointer(rebasing: bytes[done...]))
    }

    /// As ``update(_:)``, without multiplication: what the other is measured by.
    package mutating func updateByTable(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        var crc = register
        Self.tables.withUnsafeBufferPointer { table in
            // Indices stay below 8 * 256: a table number below 8 and a byte.
            guard let t = table.baseAddress else { return }
            var offset = 0
            while offset + 8 <= bytes.count {
                let word = UInt64(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                let high = crc ^ UInt32(truncatingIfNeeded: word >> 32)
                let low = UInt32(truncatingIfNeeded: word)
                let first = t[1792 + Int(high >> 24)] ^ t[1536 + Int((high >> 16) & 255)]
                let second = t[1280 + Int((high >> 8) & 255)] ^ t[1024 + Int(high & 255)]
                let third = t[768 + Int(low >> 24)] ^ t[512 + Int((low >> 16) & 255)]
                let fourth = t[256 + Int((low >> 8) & 255)] ^ t[Int(low & 255)]
                crc = first ^ second ^ third ^ fourth
                offset += 8
            }
            while offset < bytes.count {
                let octet = base.load(fromByteOffset: offset, as: UInt8.self)
                crc = (crc << 8) ^ t[Int((crc >> 24) ^ UInt32(octet))]
                offset += 1
            }
        }
        register = crc
    }

    private static func makeTables() -> [UInt32] {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for octet in 0..<256 {
            var crc = UInt32(octet) << 24
            for _ in 0..<8 { crc = (crc & 0x8000_0000) != 0 ? (crc << 1) ^ (0x0086_4CFB << 8) : crc << 1 }
            tables[octet] = crc
        }
        for k in 1..<8 {
            for octet in 0..<256 {
                let before = tables[(k - 1) * 256 + octet]
                tables[k * 256 + octet] = (before << 8) ^ tables[Int(before >> 24)]
            }
        }
        return tables
    }
}
