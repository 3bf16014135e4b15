// Whether the next hop can be reached, for the readiness check: a connection of its own as far as EHLO, then QUIT.

import Mail
import NIOCore
import SMTP

extension Relay {
    /// nil: it answers; else why not.
    package func probe(withinSeconds seconds: Int) async -> String? {
        do {
            let connection = try await pool.open(by: .now() + .seconds(Int64(seconds)))
            connection.quit()
            return nil
        } catch {
            return "the next hop does not answer: \(error)"
        }
    }
}
