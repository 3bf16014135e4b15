// letterlock-seal: has gpg encrypt for the gateway. Small, so that starting gpg costs the same however large the
// gateway is, and behind walls. Started by the gateway, not by people.
//
//     letterlock-seal --gpg PATH --folder PATH     a socket on stdin (see Sources/SealWire)
//     letterlock-seal --self-test [--gpg PATH]     does the kernel have the walls, and do they hold
//
// Exit: 0 the gateway has gone; 1 the self-test found a hole; 64 wrong arguments; 69 the walls cannot be put up.

import Encryptor
import Glibc
import POSIX
import SealWire

@main
enum LetterlockSeal {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        guard let arguments = Arguments(CommandLine.arguments.dropFirst()) else {
            print("usage: letterlock-seal --gpg PATH --folder PATH | --self-test [--gpg PATH]")
            exit(64)
        }
        let walls = EncryptorWalls(program: arguments.gpg, folder: arguments.folder)
        if arguments.isSelfTest { selfTest(walls) }
        let control = PacketSocket(taking: 0)
        EncryptionLoop.greet(SealGreeting(lacks: walls.raise()), over: control)
        var loop = EncryptionLoop(program: arguments.gpg, folder: arguments.folder, control: control)
        loop.run()
        exit(0)
    }

    private static func selfTest(_ walls: EncryptorWalls) -> Never {
        let lacks = walls.raise(outputBytes: 1 << 30)
        for line in lacks { print(line) }
        guard lacks.isEmpty else { exit(69) }
        let (lines, isTight) = walls.selfTest()
        for line in lines { print(line) }
        exit(isTight ? 0 : 1)
    }
}

/// The command line.
private struct Arguments {
    var gpg = "/usr/bin/gpg"
    var folder = "/nonexistent"
    var isSelfTest = false

    init?(_ words: ArraySlice<String>) {
        var rest = words
        while let word = rest.popFirst() {
            switch word {
            case "--self-test": isSelfTest = true
            case "--gpg":
                guard let path = rest.popFirst() else { return nil }
                gpg = path
            case "--folder":
                guard let path = rest.popFirst(), path.hasPrefix("/") else { return nil }
                folder = path
            default: return nil
            }
        }
        if !isSelfTest, folder == "/nonexistent" { return nil }
    }
}
