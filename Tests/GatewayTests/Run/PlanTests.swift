// Promise 7: there is one record of what happens to whom, and what is sent is what it says.

import Mail
import Policy
import Support
import Testing

struct PlanTests {
    @Test func whatIsSentIsWhatWasPlanned() async throws {
        try await withGateway { gateway in
            try gateway.addKey("bob@example.net")
            try gateway.addKey("dora@example.net")
            let to = ["bob@example.net", "carol@example.net", "dora@example.net"]
            let message = Samples.plain(subject: "[secure] x", body: "x", to: "bob@example.net, carol@example.net")
            _ = try await SocketClient.submit(port: gateway.port, from: "alice@example.org", to: to, message: message)
            let plan = try #require(gateway.plans.last)
            #expect(plan.decisions.map(\.recipient.description) == to)
            #expect(plan.decisions.map(\.verdict) == [.seal, .seal, .seal])
            #expect(plan.decisions.map(\.method) == [.pgp, .link, .pgp])
            #expect(plan.decisions.map(\.isVisible) == [true, true, false])
            #expect(plan.decisions.allSatisfy { $0.rules == ["asked-for"] })
            let sealed = gateway.sink.messages.filter { $0.envelope.recipients != [] && $0.envelope.sender != nil }
            #expect(
                sealed.map { $0.envelope.recipients.map(\.description) } == [
                    ["bob@example.net"], ["dora@example.net"], ["carol@example.net"],
                ])
        }
    }

    @Test func aRefusedPlanTouchesNothing() async throws {
        try await withGateway { gateway in
            try gateway.addKey("bob@example.net")
            let message = Samples.plain(subject: "[hide] x", body: "x")
            let reply = try await gateway.submit(message, to: "bob@example.net", "carol@example.net")
            let plan = try #require(gateway.plans.last)
            #expect(plan.decisions.map(\.verdict) == [.seal, .refuse])
            #expect(reply.hasPrefix("550"))
            #expect(gateway.sink.messages.isEmpty)
        }
    }
}
