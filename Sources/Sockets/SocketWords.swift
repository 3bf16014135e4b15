// Why a socket could not be connected or bound, in words that an administrator knows. Errors in, text out. Pure.

import Glibc
import NIOCore
import NIOPosix
import POSIX

/// Words for errors of sockets.
package enum SocketWords {
    /// What happened: a part of a sentence, lower case, one line. What is no error of a socket is described as it
    /// describes itself.
    package static func of(_ error: any Error) -> String {
        switch error {
        case let error as SocketAddressError.UnknownHost: notFound(error.host)
        case ChannelError.connectTimeout(let time): "no answer within \(time.nanoseconds / 1_000_000_000) s"
        case let error as IOError: words(error.errnoCode)
        default: "\(error)"
        }
    }

    /// Why a connection that was tried address by address could not be made: the first address says most, the others
    /// fail alike.
    package static func ofConnecting(_ error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return of(error) }
        return error.connectionErrors.first.map { of($0.error) } ?? notFound(error.host)
    }

    /// A name that has no address.
    private static func notFound(_ host: String) -> String { "the name \"\(host)\" is not found in the DNS" }

    private static func words(_ code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "nothing listens there (\(system(code)))"
        case ECONNRESET, EPIPE: "the other side closed the connection (\(system(code)))"
        case ETIMEDOUT: "there is no answer (\(system(code)))"
        case EHOSTUNREACH, ENETUNREACH: "there is no way to that machine (\(system(code)))"
        case ENOENT: "there is no such socket (\(system(code)))"
        case EACCES, EPERM: "it is not allowed (\(system(code)))"
        default: system(code)
        }
    }

    private static func system(_ code: CInt) -> String { SystemError(code).words }
}
