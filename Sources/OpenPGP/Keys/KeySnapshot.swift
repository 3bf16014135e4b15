// The files of the folder and the certificates in them, as of the last look. Reads the folder through KeyFolder; knows
// nothing of gpg but the verdicts it is told.
//
// A file replaced by something that is no certificate keeps its former certificates. An unreadable folder, or the loss
// of all (two or more) files at once, keeps everything: an unmounted disk must not turn sealed mail into clear mail.

import Mail
import POSIX

/// What the keyring knows of its folder.
struct KeySnapshot {
    private var folder: KeyFolder
    private var folderIdentity: FileStamp?
    private var claims = ClaimIndex()
    /// Names of files that need more than the folder's look, so that nobody walks over all files to find them.
    private var standing = FileStanding()
    /// By name.
    private(set) var files: [String: KeyFile] = [:]
    /// Why this is not what the folder says, or nil.
    private(set) var problem: String?
    /// True where files are kept that the folder has not any more.
    private var keepsLost = false
    /// False until the folder was read for the first time: then nothing can be said about any address.
    private(set) var wasEverRead = false

    /// - Parameter note: is told once what keeps the folder from being watched.
    init(folder path: String, note: @escaping @Sendable (String) -> Void) {
        folder = KeyFolder(path: path, note: note)
    }

    /// System calls for looking so far.
    var effort: LookEffort { folder.effort }
    /// Newer contents that wait for gpg's verdict.
    var candidates: [HeldCertificate] { standing.candidates.flatMap { files[$0]?.candidate ?? [] } }

    /// The first file that cannot be read and never was, with the reason: whose key is in it, nobody can tell.
    var unread: String? { standing.unread.min().map { "key file \"\($0)\" \(files[$0]?.problem ?? "")" } }

    /// The files that give nothing because of what is in them, with the reason, by name.
    var damaged: [(name: String, problem: String)] {
        standing.damaged.sorted().map { ($0, files[$0]?.problem ?? "") }
    }

    /// Why nobody can tell whether a folded address has a key: a damaged file names it. nil where none does.
    func doubt(about address: String) -> String? { claims.doubt(about: address) }

    /// The certificates that claim a folded address, proved or not.
    func claiming(_ address: String) -> [HeldCertificate] { claims.certificates(of: address) }

    /// Looks at the folder and reads what is new or changed.
    /// - Returns: certificates that no longer count.
    mutating func look() -> [HeldCertificate] {
        var gone: [HeldCertificate] = []
        var names = standing.toReadAgain
        switch folder.look() {
        case .unreadable(let reason):
            problem = "folder \"\(folder.path)\" cannot be read: \(reason)"
            return []
        case .unchanged:
            if keepsLost, folder.isEmpty { return [] }
        case .changed(let lost, let toRead):
            if folder.isEmpty, isAccident {
                problem = "all \(files.count) files went from folder \"\(folder.path)\" at once; the last ones are kept"
                keepsLost = true
                return []
            }
            for name in keepsLost ? Set(files.keys.filter { !folder.contains($0) }) : lost {
                gone += files[name]?.certificates ?? []
                put(nil, as: name)
            }
            keepsLost = false
            names = names.union(toRead).filter(folder.contains)
        }
        problem = nil
        wasEverRead = true
        folderIdentity = folder.identity
        for name in names {
            var file = files[name] ?? KeyFile()
            file.take(folder.read(name), name: name)
            put(file, as: name)
        }
        return gone
    }

    /// Lets newer contents take their place as far as gpg has judged them.
    /// - Returns: certificates that no longer count.
    mutating func settle() -> [HeldCertificate] {
        var gone: [HeldCertificate] = []
        for name in standing.candidates {
            guard var file = files[name] else { continue }
            gone += file.settle() ?? []
            put(file, as: name)
        }
        return gone
    }

    /// An empty folder where there were several files, or another folder (an empty mount point) where there was one, is
    /// more likely an accident than a wish.
    private var isAccident: Bool {
        if files.count > 1 { return true }
        guard !files.isEmpty, let before = folderIdentity, let now = folder.identity else { return false }
        return now.identity != before.identity
    }

    private mutating func put(_ file: KeyFile?, as name: String) {
        if let former = files[name] { claims.remove(former, name: name) }
        if let file { claims.add(file, name: name) }
        files[name] = file
        standing.note(file, as: name)
    }
}

/// Names of files by what else is to be done about them.
private struct FileStanding {
    /// Reading failed for a cause that may pass without the file changing.
    private(set) var toReadAgain: Set<String> = []
    /// Newer content waits for gpg's verdict.
    private(set) var candidates: Set<String> = []
    /// They cannot be read, and never were.
    private(set) var unread: Set<String> = []
    /// They give nothing because of what is in them.
    private(set) var damaged: Set<String> = []

    /// - Parameter file: nil where it is gone.
    mutating func note(_ file: KeyFile?, as name: String) {
        Self.set(name, in: &toReadAgain, file?.mustReadAgain == true)
        Self.set(name, in: &candidates, file?.candidate != nil)
        Self.set(name, in: &unread, file?.isUnread == true)
        Self.set(name, in: &damaged, file.map { $0.isDamaged && $0.certificates.isEmpty } == true)
    }

    private static func set(_ name: String, in names: inout Set<String>, _ isMember: Bool) {
        if isMember { names.insert(name) } else { names.remove(name) }
    }
}
