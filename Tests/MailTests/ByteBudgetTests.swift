// The budget of bytes in flight: all or nothing, exact, whatever the number asked for.

import Mail
import Testing

struct ByteBudgetTests {
    @Test func takesAllOrNothing() {
        let budget = ByteBudget(limitBytes: 100)
        #expect(budget.take(60))
        #expect(!budget.take(41))
        #expect(budget.usedBytes == 60)
        #expect(budget.take(40))
        #expect(!budget.take(1))
        budget.giveBack(60)
        #expect(budget.take(60))
        #expect(budget.usedBytes == 100)
    }

    @Test(arguments: [0, -1, Int.min]) func nothingIsAlwaysGranted(_ bytes: Int) {
        let budget = ByteBudget(limitBytes: 0)
        #expect(budget.take(bytes))
        budget.giveBack(bytes)
        #expect(budget.usedBytes == 0)
    }

    @Test func hugeNumbersAreRefused() {
        let budget = ByteBudget(limitBytes: 10)
        #expect(budget.take(1))
        #expect(!budget.take(.max))
        #expect(ByteBudget(limitBytes: -5).take(1) == false)
        #expect(ByteBudget(limitBytes: .max).take(.max))
    }

    @Test func manyAtOnceNeverGoOver() async {
        let budget = ByteBudget(limitBytes: 64)
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask {
                    for _ in 0..<2000 where budget.take(16) {
                        #expect(budget.usedBytes <= 64)
                        budget.giveBack(16)
                    }
                }
            }
        }
        #expect(budget.usedBytes == 0)
    }
}

struct ByteLoanTests {
    @Test func growsInStepsAndShrinks() throws {
        let budget = ByteBudget(limitBytes: 200_000)
        let loan = try #require(budget.borrow(1000))
        #expect(loan.grow(toHold: 900) && loan.heldBytes == 1000)
        #expect(loan.grow(toHold: 1001) && loan.heldBytes == 1000 + ByteLoan.stepBytes)
        #expect(loan.grow(toHold: 199_000) && !loan.grow(toHold: 200_001))
        #expect(loan.heldBytes == budget.usedBytes)
        loan.shrink(toHold: 10)
        #expect(budget.usedBytes == 10)
        loan.giveBack()
        loan.giveBack()
        loan.shrink(toHold: 0)
        #expect(budget.usedBytes == 0 && loan.heldBytes == 0)
    }

    @Test func takesTheLastBytesWithoutAWholeStep() throws {
        let budget = ByteBudget(limitBytes: 1000)
        let loan = try #require(budget.borrow(10))
        #expect(loan.grow(toHold: 1000) && loan.heldBytes == 1000)
        #expect(budget.borrow(1) == nil)
    }

    @Test func isGivenBackByWhoeverForgetsIt() throws {
        let budget = ByteBudget(limitBytes: 1000)
        do {
            let loan = try #require(budget.borrow(500))
            #expect(loan.heldBytes == 500)
        }
        #expect(budget.usedBytes == 0)
        #expect(budget.borrow(-5)?.heldBytes == 0)
    }
}
