// How the passwords of letters are stretched. A value.

package import Links

/// What stretches, and the clock that says how long it took; others only in tests.
package struct Stretching: Sendable {
    /// Takes the rounds.
    package var stretcher: PasswordStretcher
    /// Of the time that letters may take.
    package var now: @Sendable () -> ContinuousClock.Instant

    /// PBKDF2 and the machine's clock, unless told otherwise.
    package init(
        stretcher: PasswordStretcher = .pbkdf2, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.stretcher = stretcher
        self.now = now
    }
}
