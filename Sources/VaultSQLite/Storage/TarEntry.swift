// The heads of a tar file (POSIX.1-2017 pax, "ustar Interchange Format"): name, size, mode. Sizes over 8 GiB are
// written in base 256, as GNU tar and libarchive do. Only plain files. Pure; never traps.

/// The head of one file in a tar file.
struct TarEntry: Equatable {
    static let blockBytes = 512
    /// What ends a tar file.
    static let end = [UInt8](repeating: 0, count: 1024)

    var name: String
    var size: Int

    /// Zeros after the file, up to the next whole block.
    var padding: Int { (Self.blockBytes - size % Self.blockBytes) % Self.blockBytes }

    /// The head as it is written. - Precondition: the name has at most 99 bytes.
    func head(modifiedAtSeconds: Int64) -> [UInt8] {
        var head = [UInt8](repeating: 0, count: Self.blockBytes)
        func put(_ text: String, _ place: Int, _ most: Int) {
            for (offset, byte) in text.utf8.prefix(most).enumerated() { head[place + offset] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(max(0, value), radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(name, 0, 99)
        put(octal(0o600, 7), 100, 7)
        put(octal(0, 7), 108, 7)
        put(octal(0, 7), 116, 7)
        if size < 1 << 33 {
            put(octal(size, 11), 124, 11)
        } else {
            head[124] = 0x80
            for place in 0..<8 { head[135 - place] = UInt8(truncatingIfNeeded: size >> (8 * place)) }
        }
        put(octal(Int(clamping: modifiedAtSeconds), 11), 136, 11)
        head[156] = UInt8(ascii: "0")
        put("ustar", 257, 5)
        put("00", 263, 2)
        for place in 148..<156 { head[place] = UInt8(ascii: " ") }
        put(octal(head.reduce(0) { $0 + Int($1) }, 6), 148, 6)
        head[154] = 0
        return head
    }

    /// Reads a head; nil for what is none of ours.
    init?(head: [UInt8]) {
        guard head.count == Self.blockBytes, head[156] == UInt8(ascii: "0"),
            Array(head[257..<262]) == Array("ustar".utf8)
        else { return nil }
        var sum = 8 * 32
        for (place, byte) in head.enumerated() where !(148..<156).contains(place) { sum += Int(byte) }
        guard Self.octal(head[148..<156]) == sum else { return nil }
        if head[124] == 0x80 {
            guard head[125..<128].allSatisfy({ $0 == 0 }), head[128] < 0x80 else { return nil }
            size = head[128..<136].reduce(0) { $0 << 8 | Int($1) }
        } else {
            guard let size = Self.octal(head[124..<136]) else { return nil }
            self.size = size
        }
        name = String(decoding: head[0..<100].prefix { $0 != 0 }, as: UTF8.self)
    }

    init(name: String, size: Int) {
        self.name = name
        self.size = size
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.prefix { $0 != 0 && $0 != 32 }
        guard !digits.isEmpty, digits.count <= 12, digits.allSatisfy({ (48...55).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
    }
}
