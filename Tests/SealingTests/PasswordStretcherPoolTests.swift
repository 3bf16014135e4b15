// Letters of one content side by side: as many as there are threads, each with the password of its order.

import Cryptography
import Dispatch
import Links
import Mail
import Synchronization
import Testing

@testable import Sealing  // the pool

@Suite(.timeLimit(.minutes(5)))
struct PasswordStretcherPoolTests {
    /// Counts stretches, and those that go on at the same time.
    private final class Counter: Sendable {
        let counts = Mutex((begun: 0, now: 0, most: 0))
        let together = DispatchSemaphore(value: 0)

        /// - Parameter meet: how many of the first wait for each other.
        func stretcher(meet: Int = 0, failsAt: Int? = nil) -> PasswordStretcher {
            PasswordStretcher { (password, salt, _) throws(CryptographyError) in
                let number = self.counts.withLock { counts in
                    counts.begun += 1
                    counts.now += 1
                    counts.most = max(counts.most, counts.now)
                    return counts.begun
                }
                defer { self.counts.withLock { $0.now -= 1 } }
                if number == meet { for _ in 1..<meet { self.together.signal() } }
                // The limit only ends a test whose other stretch never begins.
                if number < meet { _ = self.together.wait(timeout: .now() + 120) }
                if number == failsAt { throw .library("a test") }
                return try PasswordStretcher.pbkdf2(password, salt: salt, rounds: 1)
            }
        }
    }

    private static func orders(_ count: Int) -> [LetterOrder] {
        (0..<count).map { number in
            LetterOrder(
                terms: LetterTerms(contentID: "content", createdAtSeconds: 1, expiresAtSeconds: 100 + Int64(number)),
                password: .chosen(Secret("chosen password \(number)")))
        }
    }

    @Test func lettersComeInTheOrderOfTheirOrders() async throws {
        let pool = PasswordStretcherPool(threads: 3, rounds: 1, stretcher: Counter().stretcher())
        let made = try await pool.letters(for: try ContentKey.make(), Self.orders(20))
        #expect(made.map(\.?.record.expiresAtSeconds) == (100..<120).map(Int64.init))
        #expect(made.map(\.?.secrets.password.revealed) == (0..<20).map { "chosen password \($0)" })
        #expect(Set(made.map(\.?.record.id)).count == 20)
        #expect(try await pool.letters(for: try ContentKey.make(), []).isEmpty)
    }

    /// Two meet: neither ends before the other has begun. More than there are threads never run.
    @Test func allThreadsWorkOnOneMessage() async throws {
        let counter = Counter()
        let pool = PasswordStretcherPool(threads: 2, rounds: 1, stretcher: counter.stretcher(meet: 2))
        _ = try await pool.letters(for: try ContentKey.make(), Self.orders(9))
        let counts = counter.counts.withLock { $0 }
        #expect(counts.begun == 9 && counts.most == 2)
    }

    /// A clock that each stretch moves on by a second.
    private final class Clock: Sendable {
        let begin = ContinuousClock.now
        let seconds = Mutex(0)
        var now: ContinuousClock.Instant { begin + .seconds(seconds.withLock { $0 }) }
        var stretcher: PasswordStretcher {
            PasswordStretcher { (password, salt, _) throws(CryptographyError) in
                self.seconds.withLock { $0 += 1 }
                return try PasswordStretcher.pbkdf2(password, salt: salt, rounds: 1)
            }
        }

        func pool(threads: Int) -> PasswordStretcherPool {
            PasswordStretcherPool(threads: threads, rounds: 1, stretcher: stretcher) { self.now }
        }
    }

    /// The first letter ends when all others have begun: they cannot wait behind it.
    @Test func noLetterWaitsWhileAThreadIsIdle() async throws {
        let begun = Mutex(0)
        let all = DispatchSemaphore(value: 0)
        let pool = PasswordStretcherPool(
            threads: 2, rounds: 1,
            stretcher: PasswordStretcher { (password, salt, _) throws(CryptographyError) in
                let number = begun.withLock { begun in
                    begun += 1
                    return begun
                }
                if number == 9 { all.signal() }
                if number == 1, all.wait(timeout: .now() + 60) == .timedOut { throw .library("they wait") }
                return try PasswordStretcher.pbkdf2(password, salt: salt, rounds: 1)
            })
        #expect(try await pool.letters(for: try ContentKey.make(), Self.orders(9)).allSatisfy { $0 != nil })
    }

    @Test func noLetterIsBegunOnceTheTimeIsOver() async throws {
        let clock = Clock()
        let pool = clock.pool(threads: 1)
        let key = try ContentKey.make()
        let made = try await pool.letters(for: key, Self.orders(9), until: clock.begin + .seconds(5))
        #expect(made.map { $0 != nil } == Array(repeating: true, count: 5) + Array(repeating: false, count: 4))
        #expect(clock.seconds.withLock { $0 } == 5)
        #expect(try await pool.letters(for: key, Self.orders(2), until: clock.begin).allSatisfy { $0 == nil })
        #expect(
            try await pool.letters(for: key, Self.orders(2), until: clock.now + .seconds(9)).count { $0 != nil } == 2)
    }

    /// The time that a standing password takes says nothing of others.
    @Test func theRateIsThatOfStretchedPasswords() async throws {
        let clock = Clock()
        let pool = clock.pool(threads: 2)
        let key = try ContentKey.make()
        let standing = try StandingPassword.make(Secret("our goose flies at 9"), rounds: 1000)
        let orders = Self.orders(3).map { LetterOrder(terms: $0.terms, password: .standing(standing)) }
        _ = try await pool.letters(for: key, orders)
        #expect(pool.letters(in: .seconds(60)) == nil, "nothing was stretched")
        var rate = StretchRate()
        #expect(rate.passwords(in: .seconds(60), threads: 2) == nil)
        rate.add(.seconds(3))
        rate.add(.seconds(1))
        #expect(rate.passwords(in: .seconds(60), threads: 2) == 60)
        #expect(rate.passwords(in: .seconds(3), threads: 1) == 1)
        #expect(rate.passwords(in: .seconds(-3), threads: 1) == 0)
        #expect(rate.passwords(in: .seconds(Int64.max / 4), threads: 2) == 1_000_000_000)
        let alone = clock.pool(threads: 1)
        _ = try await alone.letters(for: key, Self.orders(4))
        #expect(alone.letters(in: .seconds(60)) == 60)
    }

    @Test func nothingIsBegunAfterARefusal() async throws {
        let counter = Counter()
        let pool = PasswordStretcherPool(threads: 2, rounds: 1, stretcher: counter.stretcher(failsAt: 2))
        let failure = await #expect(throws: Refusal.self) {
            _ = try await pool.letters(for: try ContentKey.make(), Self.orders(50))
        }
        #expect(failure?.cause == .internalError)
        // The other thread may have taken a few before the refusal was seen.
        #expect(counter.counts.withLock { $0.begun } < 50)
    }

    /// The deadline cancels: what is under way is finished, nothing else is begun.
    @Test func nothingIsBegunOnceNobodyWaits() async throws {
        let (begun, isBegun) = AsyncStream.makeStream(of: Void.self)
        let gate = DispatchSemaphore(value: 0)
        let count = Mutex(0)
        let pool = PasswordStretcherPool(
            threads: 2, rounds: 1,
            stretcher: PasswordStretcher { (password, salt, _) throws(CryptographyError) in
                count.withLock { $0 += 1 }
                isBegun.yield()
                // The limit only ends a test that nobody lets go on.
                _ = gate.wait(timeout: .now() + 120)
                return try PasswordStretcher.pbkdf2(password, salt: salt, rounds: 1)
            })
        let (key, orders) = (try ContentKey.make(), Self.orders(50))
        let task = Task { () -> Refusal? in
            do throws(Refusal) {
                _ = try await pool.letters(for: key, orders)
                return nil
            } catch {
                return error
            }
        }
        for await _ in begun { break }
        task.cancel()
        for _ in orders { gate.signal() }
        #expect(await task.value?.cause == .deadline)
        #expect(count.withLock { $0 } <= 2)
    }
}
