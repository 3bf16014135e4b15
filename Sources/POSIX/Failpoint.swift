// Named points at which the fault suite stops, slows or kills the program: one at each place where what is on disk,
// what the next hop has and what the sender has been told move apart. Armed only in a build made with FAULTS=1 (see
// Package.swift); in any other build a point is nothing, and the variable is not read.
//
//     LETTERLOCK_FAILPOINTS="relay.accepted@2=kill; vault.kept=delay:500"
//
// `kill` is SIGKILL to ourselves, `exit` ends the process with status 99, `delay:ms` waits. `name@3` is the third hit
// only; without it every hit counts.

#if FAULTS
    import Glibc
    import Synchronization
#endif

/// A place where the program can be made to fail.
package enum Failpoint {
    /// All points, in the order in which one message meets them.
    package static let names = [
        "path.decided",  // the plan is made, nothing has been done
        "seal.asked",  // letterlock-seal has a request, gpg is not started
        "seal.started",  // gpg runs
        "path.sealed",  // sealed, nothing kept or sent
        "vault.kept",  // letters are in the store, pending
        "relay.asked",  // the next hop has been asked about everybody
        "relay.texted",  // a password has gone by text message, the ledger does not know, nothing else is out
        "relay.password-mailed",  // the hop has the password mail, the ledger does not know
        "relay.notifying",  // a letter is marked, its notification has not gone
        "relay.accepted",  // the hop has a transmission, the ledger does not know
        "relay.committed",  // and now the ledger does
        "relay.readable",  // the letter can be opened
        "receipt.accepted",  // the hop has the receipt, the ledger does not know
        "quarantine.sealed",  // a held message is sealed, nothing is committed
        "quarantine.committed",  // it lies in the quarantine, the others have not been served
        "quarantine.delivered",  // an officer's release is out, the row does not know
        "quarantine.released",  // and now it does
        "learned-keys.written",  // a confirmed key is in its folder, the database does not know
        "answer.taken",  // an answer from behind a link has been opened and taken, nothing has been sent
        "answer.delivered",  // the hop has it, and the ledger knows; the row does not
        "answer.settled",  // the row knows, the outbox does not
        "answer.told",  // the outbox knows, the ledger still remembers
        "report.accepted",  // the hop has the non-delivery report, the ledger does not know
        "report.committed",  // and now the ledger does
        "gateway.before-reply",  // all is done, the sender has not been told
        "gateway.after-reply",  // the sender has been told, the ledger still remembers
        "gateway.forgotten",  // the ledger has forgotten
    ]

    /// Passes a point: nothing happens unless the build has FAULTS and the point is armed.
    @inlinable
    package static func reach(_ name: StaticString) {
        #if FAULTS
            FailpointArms.hit("\(name)")
        #endif
    }
}

#if FAULTS
    /// What LETTERLOCK_FAILPOINTS asks for; read once.
    package enum FailpointArms {
        private struct Arm {
            let name: String
            /// The hit that counts, from 1; nil: every one.
            let number: Int?
            let action: String
        }

        private static let arms: [Arm] = {
            guard let text = getenv("LETTERLOCK_FAILPOINTS") else { return [] }
            return String(cString: text).split(separator: ";").compactMap { entry in
                let halves = entry.filter { $0 != " " }.split(separator: "=")
                guard halves.count == 2, let place = halves.first?.split(separator: "@"), let name = place.first else {
                    return nil
                }
                return Arm(
                    name: String(name), number: place.count > 1 ? Int(place[1]) : nil, action: String(halves[1]))
            }
        }()
        private static let hits = Mutex<[String: Int]>([:])

        /// One passing of a point.
        package static func hit(_ name: String) {
            guard arms.contains(where: { $0.name == name }) else { return }
            let number = hits.withLock { hits in
                hits[name, default: 0] += 1
                return hits[name] ?? 0
            }
            for arm in arms where arm.name == name && (arm.number ?? number) == number { act(arm.action) }
        }

        private static func act(_ action: String) {
            if action == "kill" { kill(getpid(), SIGKILL) }
            if action == "exit" { _exit(99) }
            if action.hasPrefix("delay:"), let milliseconds = UInt32(action.dropFirst("delay:".count)) {
                usleep(min(milliseconds, 600_000) * 1000)
            }
        }
    }
#endif
