// What all connections of one SMTP or LMTP listener share. Touches the TLS files; fails with a ListenError.

import Certificates
package import Logging
import Mail
import SASL
import SMTP

/// A listener's configuration with what was made of it.
package final class SMTPDoor: Sendable {
    let configuration: ListenerConfiguration
    let offers: SessionOffers
    let tls: TLSIdentity?
    let clients: ClientTable
    let metrics: DoorMetrics
    let logger: Logger

    /// - Throws: where the certificate or key cannot be used, where log-in is required and there is no TLS to do it in,
    ///   and for LMTP on port 25.
    package init(_ configuration: ListenerConfiguration, logger: Logger) throws(ListenError) {
        self.configuration = configuration
        self.logger = logger
        self.clients = ClientTable(limit: configuration.limits.connectionsPerClient)
        self.metrics = configuration.doorProtocol == .lmtp ? .lmtp : .smtp
        var isImplicit = false
        switch configuration.tls {
        case .none: self.tls = nil
        case .starttls(let files): self.tls = try Self.identity(files, configuration, logger)
        case .implicit(let files):
            self.tls = try Self.identity(files, configuration, logger)
            isImplicit = true
        }
        guard tls != nil || configuration.loginDesk == nil || !configuration.requiresLogin else {
            throw ListenError(
                address: configuration.address, reason: "log-in is required, and is possible only with TLS")
        }
        if configuration.doorProtocol == .lmtp, case .tcp(_, 25) = configuration.address {
            throw ListenError(address: configuration.address, reason: "port 25 is not for LMTP (RFC 2033 section 5)")
        }
        self.offers = SessionOffers(
            dialect: configuration.doorProtocol == .lmtp ? .lmtp : .smtp, startTLS: tls != nil && !isImplicit,
            beginsWithTLS: isImplicit, mechanisms: configuration.loginDesk?.mechanisms ?? [],
            requiresLogin: configuration.requiresLogin, budget: configuration.budget,
            spool: configuration.spool)
    }

    private static func identity(
        _ files: ListenerConfiguration.TLSFiles, _ configuration: ListenerConfiguration, _ logger: Logger
    ) throws(ListenError) -> TLSIdentity {
        do { return try TLSIdentity(certificate: files.certificatePath, key: files.keyPath, logger: logger) } catch {
            throw ListenError(address: configuration.address, reason: error.description)
        }
    }
}
