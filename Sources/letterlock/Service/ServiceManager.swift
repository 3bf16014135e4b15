// What systemd is told of our state, by datagrams to the socket that it names (sd_notify(3)); nothing where it names
// none.

import Dispatch
import Foundation
import Glibc

/// The other side of `Type=notify`.
struct ServiceManager: Sendable {
    private let socketName: String?

    /// - Parameter environment: `NOTIFY_SOCKET` is looked for; a name that begins with "@" is abstract.
    init(environment: [String: String]) {
        let name = environment["NOTIFY_SOCKET"] ?? ""
        socketName = name.hasPrefix("/") || name.hasPrefix("@") ? name : nil
    }

    /// Mail is taken from now on; or, after ``reloading()``, the new settings are in force or refused.
    func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

    /// Settings and policy are being read again. The time tells this from an earlier reload (systemd 253).
    func reloading() {
        // CLOCK_MONOTONIC, as systemd asks.
        send("RELOADING=1\nMONOTONIC_USEC=\(DispatchTime.now().uptimeNanoseconds / 1000)")
    }

    /// No new mail; what is in hand is being finished.
    func stopping() { send("STOPPING=1\nSTATUS=finishing the messages in hand") }

    private func send(_ text: String) {
        guard let socketName else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(socketName.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // An abstract name ends where the length says, not at a zero.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count + (name.first == 0 ? 0 : 1))
        let bytes = Array(text.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
