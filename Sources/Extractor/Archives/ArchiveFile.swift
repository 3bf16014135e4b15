// Archives and compressed files by libarchive, from memory and into memory. Only formats that libarchive reads by
// itself: its filters that start programs are left out. Everything is bounded while it is unpacked.

import CArchive
import Mail

/// An archive being read.
struct ArchiveFile {
    private let file: Examiner.File
    private let examiner: Examiner
    private let collector: Collector

    init(_ file: Examiner.File, _ examiner: Examiner, _ collector: Collector) {
        self.file = file
        self.examiner = examiner
        self.collector = collector
    }

    /// - Parameter isPlain: it may be one compressed file without an archive in it.
    func read(isPlain: Bool) {
        Self.forEachEntry(of: file.bytes, isPlain: isPlain) { event in
            switch event {
            case .problem(let text): collector.problem("\(examiner.shown(file)): \(text)")
            case .encrypted: collector.encrypted(examiner.shown(file))
            case .entry(let entry): return take(entry)
            }
            return true
        }
    }

    private func take(_ entry: Entry) -> Bool {
        let name = entry.isRaw ? plainName : entry.name
        guard let member = collector.member(file.path(of: name), isEncrypted: entry.isEncrypted) else { return false }
        if entry.isEncrypted {
            collector.encrypted("a file inside")
            return true
        }
        switch entry.contents(collector) {
        case .bytes(let bytes):
            examiner.lookInside(
                Examiner.File(
                    bytes: bytes, name: name, path: file.path(of: name), depth: file.depth + 1),
                listedAs: member, collector)
        case .unreadable(let text): collector.problem("a file inside: \(text)")
        case .tooMuch: return false
        }
        return true
    }

    /// `notes.txt` of `notes.txt.gz`.
    private var plainName: String {
        guard let dot = file.name.lastIndex(of: "."), dot != file.name.startIndex else { return "contents" }
        return String(file.name[..<dot])
    }

    // MARK: libarchive

    enum Event {
        case entry(Entry)
        /// Not even the names can be read.
        case encrypted
        case problem(String)
    }

    enum Contents {
        case bytes([UInt8])
        case unreadable(String)
        /// A limit is reached, and the collector knows.
        case tooMuch
    }

    /// A file in an archive, good until the next one.
    struct Entry {
        let handle: OpaquePointer
        let name: String
        let isEncrypted: Bool
        /// The only content of a compressed file.
        let isRaw: Bool

        /// Unpacks it.
        func contents(_ collector: Collector) -> Contents {
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = piece.withUnsafeMutableBytes { archive_read_data(handle, $0.baseAddress, $0.count) }
                if count == 0 { return .bytes(bytes) }
                if count == Int(ARCHIVE_RETRY) || count == Int(ARCHIVE_WARN) { continue }
                guard count > 0 else { return .unreadable(ArchiveFile.message(handle)) }
                guard collector.unpack(count) else { return .tooMuch }
                bytes.append(contentsOf: piece[..<count])
            }
        }
    }

    /// Calls `body` for each file until it returns false.
    static func forEachEntry(of bytes: [UInt8], isPlain: Bool, _ body: (Event) -> Bool) {
        guard let handle = archive_read_new() else {
            _ = body(.problem("no memory"))
            return
        }
        defer { archive_read_free(handle) }
        prepare(handle, isPlain: isPlain)
        bytes.withUnsafeBytes { raw in
            guard archive_read_open_memory(handle, raw.baseAddress, raw.count) == ARCHIVE_OK else {
                _ = body(.problem(message(handle)))
                return
            }
            walk(handle, raw.count, body)
        }
    }

    private static func prepare(_ handle: OpaquePointer, isPlain: Bool) {
        for support in [
            archive_read_support_format_zip_seekable, archive_read_support_format_7zip, archive_read_support_format_tar,
            archive_read_support_format_gnutar, archive_read_support_format_cpio, archive_read_support_format_ar,
            archive_read_support_format_cab, archive_read_support_format_lha, archive_read_support_format_rar,
            archive_read_support_format_rar5, archive_read_support_format_iso9660,
            archive_read_support_filter_gzip, archive_read_support_filter_bzip2, archive_read_support_filter_xz,
            archive_read_support_filter_lzma, archive_read_support_filter_compress, archive_read_support_filter_zstd,
            archive_read_support_filter_lz4, archive_read_support_filter_rpm,
        ] { _ = support(handle) }
        if isPlain { archive_read_support_format_raw(handle) }
    }

    /// Folders and links; but what only says that it is one, and has contents, is a file.
    private static func holdsNothing(_ entry: OpaquePointer) -> Bool {
        let type = archive_entry_filetype(entry)
        if type == 0o100000 || type == 0 {
            return archive_entry_hardlink(entry) != nil && archive_entry_size(entry) == 0
        }
        return archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) == 0
    }

    private static func walk(_ handle: OpaquePointer, _ bytes: Int, _ body: (Event) -> Bool) {
        var entry: OpaquePointer?
        var seen = 0
        var tries = 0
        while true {
            let code = archive_read_next_header(handle, &entry)
            if code == ARCHIVE_EOF {
                // Its directory is gone, but programs that repair archives may find files in it all the same.
                if seen == 0, bytes > 64 { _ = body(.problem("an archive without files")) }
                return
            }
            if code == ARCHIVE_RETRY, tries < 100 {
                tries += 1
                continue
            }
            guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let found = entry else {
                let isEncrypted = archive_read_has_encrypted_entries(handle) > 0
                _ = body(isEncrypted ? .encrypted : .problem(message(handle)))
                return
            }
            seen += 1
            if holdsNothing(found) { continue }
            let isRaw = archive_format(handle) == ARCHIVE_FORMAT_RAW
            let isEncrypted =
                archive_entry_is_data_encrypted(found) != 0 || archive_entry_is_metadata_encrypted(found) != 0
            let next = Entry(handle: handle, name: name(of: found), isEncrypted: isEncrypted, isRaw: isRaw)
            if !body(.entry(next)) { return }
        }
    }

    /// In UTF-8 as far as it is known; else its octets with what is no UTF-8 replaced.
    private static func name(of entry: OpaquePointer) -> String {
        if let text = archive_entry_pathname_utf8(entry) { return cleaned(String(cString: text)) }
        if let text = archive_entry_pathname(entry) { return cleaned(String(cString: text)) }
        return "unnamed"
    }

    private static func cleaned(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }.prefix(1024)))
    }

    static func message(_ handle: OpaquePointer) -> String {
        archive_error_string(handle).map { String(cString: $0).prefix(200).lowercased() } ?? "it cannot be unpacked"
    }
}
