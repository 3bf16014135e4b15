// Opening and closing the socket a listener accepts on. Touches: sockets, and for `unix:` the socket's own file.
// Fails with a ListenError that names the address and says why.

import Glibc
package import Mail
import NIOCore
import NIOPosix
import POSIX
import Sockets

/// Why a listener cannot listen.
package struct ListenError: Error, Sendable, CustomStringConvertible {
    /// The address that was asked for.
    package let address: HostPort
    /// Why, in words of the system or ours.
    package let reason: String
    /// `listening on "127.0.0.1:25": address already in use`.
    package var description: String { "listening on \"\(address)\": \(reason)" }
}

/// Bound sockets and what they leave in the file system.
enum ListeningSocket {
    /// The file of a Unix socket, so that only our own is removed at the end.
    struct File: Sendable, Equatable {
        var path: String
        var identity: FileIdentity
    }

    private static let groupAccess: mode_t = 0o660

    /// Binds and listens.
    static func open(_ bootstrap: ServerBootstrap, _ address: HostPort) async throws(ListenError) -> (
        any Channel, File?
    ) {
        do {
            switch address {
            case .tcp(let host, let port): return (try await bootstrap.bind(host: host, port: port).get(), nil)
            case .unix(let path):
                let descriptor = try bindUnix(path, address)
                let file = identity(path)
                do {
                    return (try await bootstrap.withBoundSocket(descriptor).get(), file)
                } catch {
                    unlink(path)
                    throw error
                }
            }
        } catch let error as ListenError {
            throw error
        } catch {
            throw ListenError(address: address, reason: SocketWords.of(error))
        }
    }

    /// Removes the file of a Unix socket where it is still the one that was made.
    static func remove(_ file: File) {
        if identity(file.path) == file { unlink(file.path) }
    }

    /// The address a channel really listens on: the port where 0 was asked for.
    static func boundAddress(_ channel: any Channel, asked: HostPort) -> HostPort {
        guard case .tcp = asked, let local = channel.localAddress, let host = local.ipAddress, let port = local.port
        else {
            return asked
        }
        return .tcp(host: host, port: port)
    }

    /// A Unix socket that is bound and not yet listening, its file of mode 0660 from the first moment on.
    private static func bindUnix(_ path: String, _ address: HostPort) throws(ListenError) -> CInt {
        try removeStale(path, address)
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(address) }
        // Linux makes the file with the mode of the open socket less the umask, so there is no moment at which others
        // may connect; chmod(2) afterwards only gives back what the umask took.
        guard fchmod(descriptor, groupAccess) == 0, withUnixAddress(path, { bind(descriptor, $0, $1) }) == 0 else {
            let error = failure(address)
            Glibc.close(descriptor)
            throw error
        }
        guard chmod(path, groupAccess) == 0 else {
            let error = failure(address)
            unlink(path)
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Removes a socket file that nobody listens on; a file of another kind and a socket in use are left alone.
    private static func removeStale(_ path: String, _ address: HostPort) throws(ListenError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ListenError(address: address, reason: "the file exists and is not a socket")
        }
        let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { throw failure(address) }
        defer { Glibc.close(probe) }
        let connected = withUnixAddress(path) { connect(probe, $0, $1) }
        guard connected != 0, errno == ECONNREFUSED else {
            throw ListenError(address: address, reason: "another program listens on it")
        }
        guard unlink(path) == 0 else { throw failure(address) }
    }

    private static func withUnixAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
            guard path.utf8.count < target.count else { return false }
            target.copyBytes(from: path.utf8)
            return true
        }
        guard fits else {
            errno = ENAMETOOLONG
            return -1
        }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func identity(_ path: String) -> File? {
        FileIdentity(path: path).map { File(path: path, identity: $0) }
    }

    private static func failure(_ address: HostPort) -> ListenError {
        ListenError(address: address, reason: "\(SystemError())")
    }
}
