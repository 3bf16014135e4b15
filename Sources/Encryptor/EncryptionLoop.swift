// The work of letterlock-seal: channels come in over standard input, requests over the channels, and for each request
// one gpg is started, which reads and writes the gateway's own pipes. One thread, so that there is nothing to wait for
// but poll(2). Ends when the gateway has gone. Touches gpg processes of its own making.

import Glibc
package import POSIX
package import SealWire

/// Takes requests and tells how gpg ended.
package struct EncryptionLoop: ~Copyable {
    private struct Channel {
        let socket: PacketSocket
        /// The gpg of the request under way; nil: there is none.
        var child: ChildProcess?
    }

    private let program: String
    private let folder: String
    private let environment: [String]
    private let control: PacketSocket
    private var isControlOpen = true
    private var channels: [Channel] = []
    /// Killed, and not yet waited for.
    private var killed: [ChildProcess] = []

    /// - Parameters:
    ///   - program: gpg.
    ///   - folder: absolute; homes, and the folder of certificates.
    ///   - control: the socket to the gateway.
    package init(program: String, folder: String, control: PacketSocket) {
        self.program = program
        self.folder = folder
        self.control = control
        // gpg's words are read by us: no other language. The rest may be needed to find its libraries.
        let own = ChildProcess.Command.ownEnvironment.filter { !$0.hasPrefix("LC_") && !$0.hasPrefix("LANG") }
        environment = own + ["LC_ALL=C"]
    }

    /// Says whether there is going to be any work.
    package static func greet(_ greeting: SealGreeting, over control: PacketSocket) {
        // A gateway that has gone is seen by the next read.
        try? control.send(greeting.packet)
    }

    /// Works until the gateway has gone, or has closed the control socket and nothing runs any more.
    package mutating func run() {
        ChildSignals.hold()
        while isControlOpen || channels.contains(where: { $0.child != nil }) {
            reap()
            var waits = channels.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
            waits.append(pollfd(fd: isControlOpen ? control.descriptor : -1, events: Int16(POLLIN), revents: 0))
            // A child that ends interrupts it, and is looked for before the next wait: looking may drop channels.
            guard ChildSignals.poll(&waits) > 0 else { continue }
            for index in channels.indices.reversed() where waits[index].revents != 0 {
                if !serve(index) { drop(index) }
            }
            if let last = waits.last, last.revents != 0 { takeChannel() }
        }
        for channel in channels { channel.child?.kill() }
    }

    private mutating func takeChannel() {
        guard let packet = (try? control.receive(most: SealAnswer.packetBytes)) ?? nil else {
            isControlOpen = false
            return
        }
        channels += packet.files.map { Channel(socket: PacketSocket(taking: $0)) }
    }

    /// Answers for each gpg that has ended.
    private mutating func reap() {
        for index in channels.indices.reversed() {
            guard let child = channels[index].child, let status = Self.end(of: child) else { continue }
            channels[index].child = nil
            if !Self.answer(.ended(status: status), channels[index].socket) { drop(index) }
        }
        killed.removeAll { Self.end(of: $0) != nil }
    }

    /// How a process ended, nil while it runs. One that is not there any more counts as failed.
    private static func end(of child: ChildProcess) -> Int32? {
        do { return try child.ended().map(\.raw) } catch { return SIGKILL }
    }

    /// Takes one request.
    /// - Returns: false where the channel is to be dropped.
    private mutating func serve(_ index: Int) -> Bool {
        let channel = channels[index]
        guard let packet = (try? channel.socket.receive(most: SealRequest.packetBytes)) ?? nil else { return false }
        defer { for file in packet.files { close(file) } }
        guard channel.child == nil, packet.files.count == SealRequest.fileCount, let request = SealRequest(packet.bytes)
        else { return false }
        Failpoint.reach("seal.asked")
        let command = ChildProcess.Command(
            program, GPGCommand.arguments(request, folder: folder), environment: environment, leadsGroup: true)
        let streams = ChildProcess.Streams(
            input: .descriptor(packet.files[0]), output: .descriptor(packet.files[1]),
            errors: .descriptor(packet.files[2]))
        do throws(SystemError) {
            channels[index].child = try ChildProcess(command, streams)
            Failpoint.reach("seal.started")
            return true
        } catch { return Self.answer(.notStarted(error: error.code), channel.socket) }
    }

    private static func answer(_ answer: SealAnswer, _ socket: PacketSocket) -> Bool {
        do {
            try socket.send(answer.packet)
            return true
        } catch { return false }
    }

    /// Nobody wants the answer any more.
    private mutating func drop(_ index: Int) {
        if let child = channels.remove(at: index).child {
            child.kill()
            killed.append(child)
        }
    }
}
