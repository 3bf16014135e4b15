// Certificates and keys of the listeners and of the portal: readable, belonging together, valid now and for a while.
// Touches these files.

import Mail
import NIOSSL
import Settings
import SettingValues

/// The TLS files of all of them.
struct TLSChecks {
    /// From so many days before its end on, a certificate is named.
    static let daysAhead: Int64 = 21

    let settings: LetterlockSettings
    let nowSeconds: Int64

    func findings() -> [Finding] {
        var findings: [Finding] = []
        var seen: Set<String> = []
        let listeners = (settings.listen.smtp + settings.listen.lmtp).filter { $0.tls != .none }.map(\.files)
        for files in listeners + [settings.portal.tls] {
            guard let certificate = files.certificate, let key = files.key else { continue }
            guard seen.insert("\(certificate)\n\(key)").inserted else { continue }
            findings.append(finding(certificate, key))
        }
        return findings
    }

    private func finding(_ path: String, _ keyPath: String) -> Finding {
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
        do { chain = try NIOSSLCertificate.fromPEMFile(path) } catch {
            return .fail(
                "tls", "\"\(path)\" is no certificate in PEM", hint: "write the chain there, the server's own first")
        }
        guard let own = chain.first else {
            return .fail(
                "tls", "\"\(path)\" holds no certificate", hint: "write the chain there, the server's own first")
        }
        do { key = try NIOSSLPrivateKey(file: keyPath, format: .pem) } catch {
            return .fail(
                "tls", "\"\(keyPath)\" is no private key in PEM without a passphrase", hint: "write the key there")
        }
        do {
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
        } catch {
            return .fail(
                "tls", "\"\(path)\" and \"\(keyPath)\" do not belong together",
                hint: "name the key that the certificate was made for, and the chain with the server's own first")
        }
        return validity(path, own)
    }

    private func validity(_ path: String, _ certificate: NIOSSLCertificate) -> Finding {
        let (from, until) = (Int64(certificate.notValidBefore), Int64(certificate.notValidAfter))
        if from > nowSeconds {
            return .fail(
                "tls", "\"\(path)\" is not valid yet", hint: "see whether the clock is right: timedatectl")
        }
        let days = (until - nowSeconds) / 86_400
        if until <= nowSeconds {
            return .fail("tls", "\"\(path)\" has expired", hint: "renew it; it is read again without a restart")
        }
        if days < Self.daysAhead {
            return .warn(
                "tls", "\"\(path)\" expires in \(Counted.of(Int(days), "day"))",
                hint: "renew it; it is read again without a restart")
        }
        return .ok("tls", "\"\(path)\" and its key belong together, valid for \(Counted.of(Int(days), "day"))")
    }
}
