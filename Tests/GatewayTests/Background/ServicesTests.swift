// The services of a gateway: each is run once.

import Gateway
import ServiceLifecycle
import Testing

struct ServicesTests {
    @Test func noServiceIsStartedTwice() async throws {
        try await withGateway { running in
            // Those that are values are made where the list is; one object in two places would run twice.
            let objects = running.gateway.services.compactMap { service -> ObjectIdentifier? in
                type(of: service) is AnyClass ? ObjectIdentifier(service as AnyObject) : nil
            }
            #expect(!objects.isEmpty)
            #expect(Set(objects).count == objects.count)
        }
    }
}
