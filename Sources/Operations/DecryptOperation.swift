// `letterlock decrypt`: one message through the relay's own opening, without a gateway around it.

import Gateway
package import Mail
import OpenPGP
package import Sealing
package import SettingValues

/// Opens one sealed message.
package struct DecryptOperation: Sendable {
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
