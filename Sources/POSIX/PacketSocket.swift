// One end of a pair of sockets that carry packets, whole or not at all, with open files beside them (unix(7),
// SOCK_SEQPACKET and SCM_RIGHTS). Blocking. Touches these sockets only.

import CPOSIX
import Glibc

/// An end of a pair; closed with the value.
package final class PacketSocket: Sendable {
    /// A packet and the files that came with it, which its receiver must close.
    package struct Packet: Sendable {
        /// Its contents.
        package let bytes: [UInt8]
        /// Open files, in the order in which they were sent.
        package let files: [Int32]
    }

    /// The socket, for poll(2).
    package let descriptor: Int32

    /// Takes a socket over.
    package init(taking descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Two ends, which no child is given by itself.
    package static func pair() throws(SystemError) -> (PacketSocket, PacketSocket) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError() }
        return (PacketSocket(taking: ends[0]), PacketSocket(taking: ends[1]))
    }

    /// Sends one packet.
    /// - Parameter files: at most eight; they stay open here.
    package func send(_ bytes: [UInt8], files: [Int32] = []) throws(SystemError) {
        let failed = letterlock_send_packet(descriptor, bytes, bytes.count, files, files.count)
        guard failed == 0 else { throw SystemError(failed) }
    }

    /// The next packet; waits for it.
    /// - Parameter most: bytes; a longer one is an error.
    /// - Returns: nil where the other end is closed.
    /// - Throws: why there is none; `EMSGSIZE` where it was too long.
    package func receive(most: Int) throws(SystemError) -> Packet? {
        var files = [Int32](repeating: -1, count: 8)
        var fileCount = 0
        var length = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, filled in
            length = letterlock_receive_packet(descriptor, buffer.baseAddress, buffer.count, &files, &fileCount)
            filled = max(0, length)
        }
        guard length != -1 else { throw SystemError() }
        guard length != -2 else { throw SystemError(EMSGSIZE) }
        // No packet of ours is empty.
        return length == 0 ? nil : Packet(bytes: bytes, files: Array(files.prefix(fileCount)))
    }

    /// Waits until there is a packet, or the other end is closed.
    /// - Returns: false where the time was over first.
    package func waits(milliseconds: Int32) -> Bool {
        var status = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&status, 1, milliseconds) > 0
    }
}
