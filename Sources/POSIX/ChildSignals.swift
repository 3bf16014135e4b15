// Waiting for sockets and for the end of children at the same time, without missing either: SIGCHLD comes through only
// while the process waits (ppoll(2)). For a program with one thread. Touches its signals.

import CPOSIX
package import Glibc

/// SIGCHLD, for a loop around poll(2).
package enum ChildSignals {
    /// Holds the signal back outside of ``poll(_:)``.
    package static func hold() {
        var blocked = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGCHLD)
        sigprocmask(SIG_BLOCK, &blocked, nil)
        // Without a handler it would be discarded, and end no wait.
        signal(SIGCHLD) { _ in }
    }

    /// Waits until something can be done with a descriptor, or a child has ended.
    /// - Returns: how many descriptors there are to look at; -1 where a child may have ended.
    package static func poll(_ waits: inout [pollfd]) -> Int32 {
        let count = waits.count
        return waits.withUnsafeMutableBytes { letterlock_poll_with_signals($0.baseAddress, count) }
    }
}
