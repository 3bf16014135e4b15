// Starting and stopping: what stops a start is said, and a stop lets nothing hang.

import Foundation
import Mail
import Portal
import ServiceLifecycle
import Testing
import Vault
import VaultSQLite

@Suite(.serialized) struct LifeTests {
    @Test func aGracefulStopClosesTheDoor() async throws {
        try await RunningPortal.with { portal in
            #expect(await RawHTTP.isListening(port: portal.port))
            await portal.group.triggerGracefulShutdown()
            var patience = 200
            while await RawHTTP.isListening(port: portal.port), patience > 0 {
                patience -= 1
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(patience > 0)
        }
    }

    @Test func aTakenAddressIsSaid() async throws {
        try await RunningPortal.with { portal in
            let letters = try PortalLetterDatabase(folder: portal.folder)
            let address = HostPort.tcp(host: "127.0.0.1", port: portal.port)
            let second = PortalServer(
                configuration: PortalConfiguration(address: address, lettersFolder: portal.folder), letters: letters,
                logger: portal.log.logger())
            await #expect(throws: PortalError.self) { try await second.run() }
        }
    }

    @Test func missingLettersAreSaid() async throws {
        let configuration = PortalConfiguration(
            address: .tcp(host: "127.0.0.1", port: 0), lettersFolder: "/tmp/llp-\(UUID().uuidString)")
        await #expect(throws: PortalError.self) {
            try await PortalServer.serve(
                configuration,
                opening: { folder throws(Refusal) in try PortalLetterDatabase(folder: folder) },
                onListening: { _ in Issue.record("it listens") })
        }
        #expect(!FileManager.default.fileExists(atPath: configuration.lettersFolder))
    }

    @Test(arguments: [
        (HostPort.tcp(host: "127.0.0.1", port: 80), "http://127.0.0.1:80"),
        (.tcp(host: "::1", port: 8443), "http://[::1]:8443"), (.unix(path: "/run/x"), "unix:/run/x"),
    ])
    func addressesAreWrittenAsBrowsersTakeThem(address: HostPort, url: String) {
        #expect(address.url(isTLS: false) == url)
        #expect(address.url(isTLS: true) == url.replacing("http:", with: "https:"))
    }
}
