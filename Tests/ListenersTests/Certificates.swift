// Certificates and keys of the tests' own, made by openssl(1) when they are needed.

import Foundation
import Listeners
import Support

/// A folder with a self-signed certificate `cert.pem` for gate.example.org and its key `key.pem`.
final class TestIdentity: Sendable {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try make()
    }

    var files: ListenerConfiguration.TLSFiles {
        .init(certificatePath: folder.file("cert.pem"), keyPath: folder.file("key.pem"))
    }
    var certificate: String { folder.file("cert.pem") }

    /// Makes a new pair beside and renames it into place.
    func make(certificate: String = "cert.pem", key: String = "key.pem") throws {
        try openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=gate.example.org", "-addext", "subjectAltName=DNS:gate.example.org",
            "-keyout", folder.file("new-key"), "-out", folder.file("new-cert"),
        ])
        rename(folder.file("new-key"), folder.file(key))
        rename(folder.file("new-cert"), folder.file(certificate))
    }

    /// Without Foundation's Process, which needs a run loop that the tests' threads do not have.
    private func openssl(_ arguments: [String]) throws {
        var words: [UnsafeMutablePointer<CChar>?] = (["openssl"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var process = pid_t()
        guard posix_spawnp(&process, "openssl", &actions, nil, &words, environ) == 0 else {
            throw SupportError("openssl cannot be started")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 { guard errno == EINTR else { throw SupportError("waitpid: \(errno)") } }
        guard status == 0 else { throw SupportError("openssl: \(status)") }
    }
}
