// The path as it stands now. A reload puts another one in its place; a message takes it once, so it is judged, sealed and
// delivered by the rules and limits it began with.

package import Mail
import Synchronization

/// The one path that new messages take.
package final class CurrentPath: Sendable {
    /// What belongs together.
    package struct Snapshot: Sendable {
        package let path: MessagePath
        package let limits: Limits

        package init(path: MessagePath, limits: Limits) {
            self.path = path
            self.limits = limits
        }
    }

    private let current: Mutex<Snapshot>

    package init(_ snapshot: Snapshot) { current = Mutex(snapshot) }

    /// Read it once per message.
    package var snapshot: Snapshot { current.withLock { $0 } }

    /// From now on.
    package func replace(by snapshot: Snapshot) { current.withLock { $0 = snapshot } }
}
