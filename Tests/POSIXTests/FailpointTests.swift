// Failpoints are nothing in a normal build, and the table names exactly the points that the code has.

import Foundation
import Glibc
import POSIX
import Testing

@Suite struct FailpointTests {
    static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
        .standardized

    @Test func aNormalBuildIsNotArmed() {
        #if !FAULTS
            setenv("LETTERLOCK_FAILPOINTS", "path.decided=kill", 1)
            defer { unsetenv("LETTERLOCK_FAILPOINTS") }
            Failpoint.reach("path.decided")
        #endif
    }

    @Test func theTableNamesThePointsOfTheCode() throws {
        let walker = try #require(FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let file as URL in walker where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /Failpoint\.reach\("([^"]+)"\)/) { found.insert(String(match.1)) }
        }
        #expect(found == Set(Failpoint.names))
        #expect(Failpoint.names.count == Set(Failpoint.names).count)
    }
}
