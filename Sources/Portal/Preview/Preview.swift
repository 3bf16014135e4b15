// `letterlock-portal preview`: the portal as it is, over a throw-away store with a sample letter, and a menu. Refuses
// any address but loopback: the menu shows the password.

import Foundation
import Mail
package import Vault

/// Serves the preview until it is told to stop.
package enum Preview {
    /// - Parameters:
    ///   - configuration: its folder is not used.
    ///   - open: makes a store in a folder that is not there, and opens both its sides.
    ///   - mails: as the gateway's program wrote them.
    ///   - mailsMissing: why there are none.
    ///   - onListening: called once, with the menu's address.
    /// - Throws: ``PortalError``.
    package static func serve(
        _ configuration: PortalConfiguration,
        opening open: (_ folder: String) throws -> (any GatewayLetters, any PortalLetters),
        mails: [PreviewMail], mailsMissing: String?,
        onListening: @escaping @Sendable (String) async -> Void
    ) async throws(PortalError) {
        guard case .tcp(let host, _) = configuration.address, ["127.0.0.1", "::1", "localhost"].contains(host) else {
            throw .listening("the preview shows a password: it listens on a loopback address only")
        }
        let place = FileManager.default.temporaryDirectory.appendingPathComponent(
            "letterlock-preview-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: place) }
        var configuration = configuration
        configuration.lettersFolder = place.appendingPathComponent("letters").path
        let letters: PreviewLetter
        do {
            let (store, portal) = try open(configuration.lettersFolder)
            letters = PreviewLetter(store: store, portal: portal)
        } catch {
            let detail = (error as? Refusal)?.detail ?? "\(error)"
            throw .letters("making a throw-away store in \"\(place.path)\": \(detail)")
        }
        let routes = PreviewRoutes(
            letters: letters, mails: mails, mailsMissing: mailsMissing, nowSeconds: PortalServer.systemSeconds)
        try await PortalServer.serve(configuration, letters: letters.portal, adding: routes.add) { address in
            await onListening("\(address.url(isTLS: false))/preview")
        }
    }
}
