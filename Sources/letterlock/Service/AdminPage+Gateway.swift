// The admin page of a running gateway: who may come in by the settings, and what it shows by the operations on it.

import Admin
import Foundation
import Gateway
import Certificates
import Logging
import Mail
import Operations
import SASL
import Settings
import SettingValues

extension AdminPage {
    /// The page that the settings ask for.
    /// - Throws: ``Stop`` with 78 where it could be opened without a password from elsewhere, or nobody could log in.
    init(_ settings: LetterlockSettings, _ gateway: AssembledGateway, _ reload: ReloadStatus, _ logger: Logger) throws {
        var login: AdminLoginDesk?
        if let path = settings.admin.users {
            guard try !AdminCommand.read(path).users.isEmpty else {
                throw Stop(
                    .configuration, "the admin page: \"\(path)\" names nobody\n  hint: letterlock admin add NAME")
            }
            login = AdminLoginDesk(path: path, nowSeconds: { Int64(Date().timeIntervalSince1970) }) {
                logger.error("\($0.inOneLine)", metadata: $0.hint.map { ["hint": "\($0)"] })
            }
        }
        var names = Set(settings.admin.names)
        if !settings.isAdminLocal {
            names.insert(settings.hostname)
            if case .tcp(let host, _) = settings.listen.admin { names.insert(host.lowercased()) }
        }
        let peers = PeerList(settings.admin.metricsPeers)
        var access = AdminAccess(
            login: login, isLocal: settings.isAdminLocal, isTLS: settings.admin.files.certificate != nil, names: names,
            mayWatch: { peers.contains($0) })
        access.idle = .seconds(settings.admin.idleSeconds)
        access.longest = .seconds(settings.admin.sessionSeconds)
        do throws(AdminError) {
            try self.init(
                operations: RunningOperations(gateway, settings, reload, version: Version.text), access: access,
                logger: logger)
        } catch {
            throw Stop(.configuration, error.description)
        }
    }
}

extension AdminServer {
    /// The listener that the settings ask for.
    /// - Throws: ``Stop`` with 78 where page or TLS cannot be had.
    init(
        _ settings: LetterlockSettings, at address: HostPort, _ gateway: AssembledGateway, _ reload: ReloadStatus,
        readiness: Readiness, book: MetricsBook, logger: Logger
    ) throws {
        let page = try AdminPage(settings, gateway, reload, logger)
        guard let certificate = settings.admin.files.certificate, let key = settings.admin.files.key else {
            self.init(address: address, readiness: readiness, book: book, logger: logger, page: page)
            return
        }
        let identity: TLSIdentity
        do throws(TLSIdentity.Failure) {
            identity = try TLSIdentity(certificate: certificate, key: key, logger: logger)
        } catch {
            throw Stop(.configuration, "the admin page: \(error)\n  hint: see admin.certificate and admin.key")
        }
        self.init(
            address: address, readiness: readiness, book: book, logger: logger, page: page,
            tls: ConnectionSeal { identity.handler() })
    }
}
