// One process of letterlock-seal: started, spoken to over a socket, ended with the last channel to it. Blocking, with a
// deadline where it could wait. Touches a process and sockets of our own making only.

import Glibc
import POSIX
import SealWire

/// A running letterlock-seal.
final class SealHelper: Sendable {
    /// Why there is none.
    struct Failure: Error { let text: String }

    /// Walls around it that do not stand, in words.
    let lacks: [String]
    /// The gpg that it was started for: another one may lie outside of its walls.
    let gpg: FileStamp?
    private let process: ChildProcess
    private let control: PacketSocket

    /// Starts one and waits for its greeting.
    /// - Parameters:
    ///   - program: path of letterlock-seal.
    ///   - folder: absolute; homes and certificates lie in it.
    init(program: String, gpg: String, folder: String, withinMilliseconds: Int32) throws(Failure) {
        do throws(SystemError) {
            self.gpg = FileStamp(path: gpg)
            let (ours, theirs) = try PacketSocket.pair()
            control = ours
            let command = ChildProcess.Command(
                program, ["--gpg", gpg, "--folder", folder], environment: ChildProcess.Command.ownEnvironment,
                leadsGroup: true)
            process = try ChildProcess(command, .init(input: .descriptor(theirs.descriptor)))
        } catch { throw Failure(text: "\"\(program)\" cannot be started: \(error.words)") }
        // Our copy of the other end is closed by now: the end of a process that dies early is seen.
        let packet = control.waits(milliseconds: withinMilliseconds) ? Self.packet(control) : nil
        guard let packet, let greeting = SealGreeting(packet) else {
            process.kill()
            _ = process.wait()
            throw Failure(text: "\"\(program)\" does not say that it works")
        }
        lacks = greeting.lacks
    }

    deinit {
        process.kill()
        _ = process.wait()
    }

    /// Its number, for tests that kill it.
    var processID: pid_t { process.id }

    /// False once it has ended: it says nothing after its greeting.
    var isAlive: Bool { !control.waits(milliseconds: 0) }

    /// A way of its own to it, for one request after the other.
    func makeChannel() throws(Failure) -> SealChannel {
        do throws(SystemError) {
            let (ours, theirs) = try PacketSocket.pair()
            try control.send(Array("channel".utf8), files: [theirs.descriptor])
            return SealChannel(helper: self, socket: ours)
        } catch { throw Failure(text: "letterlock-seal has ended: \(error.words)") }
    }

    private static func packet(_ socket: PacketSocket) -> [UInt8]? {
        do throws(SystemError) { return try socket.receive(most: SealGreeting.packetBytes)?.bytes } catch { return nil }
    }
}

/// A worker's way to a letterlock-seal; closing it ends the gpg of a request under way.
struct SealChannel: Sendable {
    /// Kept running by its channels.
    let helper: SealHelper
    /// Requests go out, answers come in.
    let socket: PacketSocket
}
