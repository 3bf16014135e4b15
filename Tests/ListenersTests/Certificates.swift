// Certificates and keys of the tests' own, made by openssl(1) when they are needed.

import Foundation
import Listeners
import SettingValues
import Support

/// A folder with a self-signed certificate `cert.pem` for gate.example.org and its key `key.pem`.
final class TestIdentity: Sendable {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try make()
    }

    var files: TLSFiles {
        .init(certificate: folder.file("cert.pem"), key: folder.file("key.pem"))
    }
    var certificate: String { folder.file("cert.pem") }

    /// Makes a new pair beside and renames it into place.
    func make(certificate: String = "cert.pem", key: String = "key.pem") throws {
        let (code, text) = try Program.blocking([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=gate.example.org", "-addext", "subjectAltName=DNS:gate.example.org",
            "-keyout", folder.file("new-key"), "-out", folder.file("new-cert"),
        ])
        guard code == 0 else { throw SupportError(text) }
        rename(folder.file("new-key"), folder.file(key))
        rename(folder.file("new-cert"), folder.file(certificate))
    }
}
