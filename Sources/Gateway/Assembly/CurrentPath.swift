// The path as it stands now. A reload puts another one in its place; a message takes it once, so it is judged, sealed
// and delivered by the rules and limits it began with.

import SettingValues
import Synchronization

/// The one path that new messages take.
package final class CurrentPath: Sendable {
    private let current: Mutex<MessagePath>

    package init(_ path: MessagePath) { current = Mutex(path) }

    /// Read it once per message.
    package var path: MessagePath { current.withLock { $0 } }

    /// From now on.
    package func replace(by path: MessagePath) { current.withLock { $0 = path } }
}
