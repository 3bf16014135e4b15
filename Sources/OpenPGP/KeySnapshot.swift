// The files of the folder and the certificates in them, as of the last look. Reads the folder through KeyFolder; knows
// nothing of gpg but the verdicts it is told.
//
// A file replaced by something that is no certificate keeps its former certificates. An unreadable folder, or the loss of
// all (two or more) files at once, keeps everything: an unmounted disk must not turn sealed mail into clear mail.

import Mail
import POSIX

/// What the keyring knows of its folder.
struct KeySnapshot {
    private var folder: KeyFolder
    private var folderIdentity: FileStamp?
    private var index: [String: [HeldCertificate]] = [:]
    /// Folded addresses that damaged files name.
    private var doubts: [String: String] = [:]
    /// By name.
    private(set) var files: [String: KeyFile] = [:]
    /// Why this is not what the folder says, or nil.
    private(set) var problem: String?
    /// False until the folder was read for the first time: then nothing can be said about any address.
    private(set) var wasEverRead = false

    init(folder path: String) { folder = KeyFolder(path: path) }

    /// System calls for looking so far.
    var effort: LookEffort { folder.effort }
    /// Newer contents that wait for gpg's verdict, by file name.
    var candidates: [String: [HeldCertificate]] { files.compactMapValues(\.candidate) }

    /// The first file that cannot be read and never was, with the reason: whose key is in it, nobody can tell.
    var unread: String? {
        files.filter { $0.value.isUnread }.min { $0.key < $1.key }
            .map { "key file \"\($0.key)\" \($0.value.problem ?? "")" }
    }

    /// The files that give nothing because of what is in them, with the reason, by name.
    var damaged: [(name: String, problem: String)] {
        files.filter { $0.value.isDamaged && $0.value.certificates.isEmpty }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value.problem ?? "") }
    }

    /// Why nobody can tell whether a folded address has a key: a damaged file names it. nil where none does.
    func doubt(about address: String) -> String? { doubts[address] }

    /// The certificates that claim a folded address, proved or not.
    func claiming(_ address: String) -> [HeldCertificate] { index[address] ?? [] }

    /// Looks at the folder and reads what is new or changed.
    /// - Returns: certificates that no longer count.
    mutating func look() -> [HeldCertificate] {
        var gone: [HeldCertificate] = []
        var names = Set(files.filter { $0.value.mustReadAgain }.keys)
        switch folder.look() {
        case .unreadable(let reason):
            problem = "folder \"\(folder.path)\" cannot be read: \(reason)"
            return []
        case .unchanged:
            if wasEverRead, !files.isEmpty, folder.isEmpty { return [] }
        case .changed(let present, let toRead):
            if present.isEmpty, isAccident {
                problem = "all \(files.count) files went from folder \"\(folder.path)\" at once; the last ones are kept"
                return []
            }
            for name in files.keys where !present.contains(name) {
                gone += files.removeValue(forKey: name)?.certificates ?? []
            }
            names = names.union(toRead).intersection(present)
            if !gone.isEmpty, names.isEmpty { reindex() }
        }
        problem = nil
        wasEverRead = true
        folderIdentity = folder.identity
        read(names)
        return gone
    }

    /// Lets newer contents take their place as far as gpg has judged them.
    /// - Returns: certificates that no longer count.
    mutating func settle() -> [HeldCertificate] {
        var gone: [HeldCertificate] = []
        var isChanged = false
        for name in candidates.keys {
            guard let former = files[name]?.settle() else { continue }
            gone += former
            isChanged = true
        }
        if isChanged { reindex() }
        return gone
    }

    /// An empty folder where there were several files, or another folder (an empty mount point) where there was one, is
    /// more likely an accident than a wish.
    private var isAccident: Bool {
        if files.count > 1 { return true }
        guard !files.isEmpty, let before = folderIdentity, let now = folder.identity else { return false }
        return now.identity != before.identity
    }

    private mutating func read(_ names: Set<String>) {
        guard !names.isEmpty else { return }
        for name in names { files[name, default: KeyFile()].take(folder.read(name), name: name) }
        reindex()
    }

    private mutating func reindex() {
        index = [:]
        doubts = [:]
        for (name, file) in files {
            for address in file.doubtfulClaims { doubts[address] = "key file \"\(name)\": \(file.problem ?? "")" }
            for held in file.certificates {
                for address in held.claims { index[address, default: []].append(held) }
            }
        }
    }
}
