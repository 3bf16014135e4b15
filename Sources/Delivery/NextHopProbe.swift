// Is the next hop there? For /readyz and `doctor`: connects, EHLO, TLS and AUTH as they are set, QUIT. Sends no mail.

package import Mail
import NIOCore

extension Relay {
    /// Opens a connection as a delivery would, and closes it again.
    /// - Returns: nil where a message could go now, or why not; its `detail` is for our eyes.
    package func probe(by deadline: ContinuousClock.Instant) async -> Refusal? {
        let left = (deadline - ContinuousClock.now).components
        let deadline =
            NIODeadline.now() + .bounded(seconds: left.seconds)
            + .nanoseconds(left.attoseconds / 1_000_000_000)
        do {
            try await pool.open(by: deadline).quit()
            return nil
        } catch {
            return NextHopRefusal.notOpened(error, late: deadline <= .now())
        }
    }
}
