// `letterlock encrypt` and `decrypt`: one message through the relay's own reading, sealing and opening, without a gateway
// around it.

import Foundation
import MIME
package import Mail
import OpenPGP
import Policy
package import Sealing
package import SettingValues

/// Seals one message for named recipients.
package struct StandaloneSealing: Sendable {
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
    /// - Throws: a ``Refusal`` that names the recipient without a usable certificate, or of cause `engine`, `sealCheck`.
    package func seal(
        _ message: MessageBytes, to recipients: [Mailbox], hidesSubject: Bool
    ) async throws(Refusal) -> MessageBytes {
        let work = try WorkFolder()
        defer { work.remove() }
        let engine = try Engine(
            GPGSettings(program: gpgProgram, timeoutSeconds: gpgTimeoutSeconds, workers: 1),
            homeFolder: "\(work.path)/gnupg")
        let keyring = Keyring(folder: keysFolder, engine: engine, cacheFolder: "\(work.path)/certificates")
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

/// Opens one sealed message.
package struct StandaloneOpening: Sendable {
    private let gpgProgram: String
    private let gpgTimeoutSeconds: Int
    private let limits: Limits

    package init(gpgProgram: String, gpgTimeoutSeconds: Int, limits: Limits) {
        self.gpgProgram = gpgProgram
        self.gpgTimeoutSeconds = gpgTimeoutSeconds
        self.limits = limits
    }

    /// The message as it was before sealing, as far as it can be opened.
    /// - Parameter homeFolder: GnuPG home with the secret keys; nil is the user's own.
    /// - Throws: ``OpeningError``; nothing of the message is given then.
    package func open(_ message: MessageBytes, homeFolder: String?) async throws(OpeningError) -> DecryptedMessage {
        let work: WorkFolder
        let engine: Engine
        do throws(Refusal) {
            work = try WorkFolder()
            engine = try Engine(
                GPGSettings(program: gpgProgram, timeoutSeconds: gpgTimeoutSeconds, workers: 1),
                homeFolder: "\(work.path)/gnupg")
        } catch {
            throw OpeningError(error)
        }
        defer { work.remove() }
        let opened: Result<DecryptedMessage, OpeningError>
        do throws(OpeningError) {
            opened = .success(try await Opener(engine: engine, limits: limits).open(message, homeFolder: homeFolder))
        } catch {
            opened = .failure(error)
        }
        await engine.shutdown()
        return try opened.get()
    }
}

/// A private temporary folder, for public keys and gpg's homes; no message ever lies in it.
package struct WorkFolder: Sendable {
    package let path: String

    /// - Throws: a ``Refusal`` of cause `storage`.
    package init() throws(Refusal) {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/letterlock-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Refusal(.storage, "no temporary folder", detail: "making a temporary folder: errno \(errno)")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes it with all that is in it.
    package func remove() { try? FileManager.default.removeItem(atPath: path) }
}
