// `letterlock encrypt`: one message through the relay's own reading and sealing, without a gateway around it.

import Foundation
import Gateway
import MIME
package import Mail
import OpenPGP
import Policy
import Sealing
package import SettingValues

/// Seals one message for named recipients.
package struct EncryptOperation: Sendable {
    private let keysFolder: String
    private let gpgProgram: String
    private let gpgTimeoutSeconds: Int
    private let limits: Limits

    package init(keysFolder: String, gpgProgram: String, gpgTimeoutSeconds: Int, limits: Limits) {
        self.keysFolder = keysFolder
        self.gpgProgram = gpgProgram
        self.gpgTimeoutSeconds = gpgTimeoutSeconds
        self.limits = limits
    }

    /// The sealed message, without a Received field.
    /// - Parameter message: CRLF lines.
    /// - Throws: a ``Refusal`` that names the recipient without a usable certificate, or of cause `engine`,
    ///   `sealCheck`.
    package func seal(
        _ message: MessageBytes, to recipients: [Mailbox], hidesSubject: Bool
    ) async throws(Refusal) -> MessageBytes {
        let work = try WorkFolder()
        defer { work.remove() }
        let engine = try Engine(
            GPGSettings(program: gpgProgram, timeoutSeconds: gpgTimeoutSeconds, workers: 1),
            homeFolder: "\(work.path)/gnupg", helper: Engine.helperBesideOurs)
        let keyring = Keyring(folder: keysFolder, engine: engine)
        let received = ReceivedMessage(
            envelope: Envelope(sender: nil, recipients: recipients), bytes: message, origin: .init(id: "encrypt"),
            receivedAtSeconds: Int64(time(nil)))
        let parsed = try read(received, limits: limits)
        let plan = planForAll(parsed, known: await keyring.lookup(recipients), hidesSubject: hidesSubject)
        let sealer = Sealer(engine: engine, settings: SealerSettings(hostname: "localhost", links: nil, limits: limits))
        let sealed: Result<MessageBytes, Refusal>
        do throws(Refusal) { sealed = .success(try await sealer.sealOne(plan)) } catch { sealed = .failure(error) }
        await engine.shutdown()
        return try sealed.get()
    }
}
