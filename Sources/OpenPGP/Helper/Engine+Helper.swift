// What the outside may know of letterlock-seal: where it lies, whether it works.

import Glibc
import POSIX

extension Engine {
    /// Where `letterlock-seal` should lie: in the folder of the running program.
    package static var helperPath: String { OwnProgram.beside("letterlock-seal") }

    /// ``helperPath``; nil where there is no such program.
    package static var helperBesideOurs: String? { access(helperPath, X_OK) == 0 ? helperPath : nil }

    /// Starts letterlock-seal, if it does not run.
    /// - Returns: why nothing can be encrypted by it, or nil; and what its walls lack. Both nil where the engine has
    ///   none.
    package func checkHelper() -> (problem: String?, lacks: String?) { seal?.helpers.check() ?? (nil, nil) }

    /// The letterlock-seal that runs now, for tests that kill it.
    package var helperProcessID: Int32? { seal?.helpers.processID }
}
