// Why a connection could not be made, with the errors that only NIOPosix has. Errors in, text out. Pure.

package import Mail
import NIOPosix

extension SocketWords {
    /// Why a connection that was tried address by address could not be made: the first address says most, the others
    /// fail alike.
    package static func ofConnecting(_ error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return of(error) }
        return error.connectionErrors.first.map { of($0.error) } ?? notFound(error.host)
    }
}
