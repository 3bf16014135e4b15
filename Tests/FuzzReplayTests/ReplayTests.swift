// Feeds everything that a fuzzer ever found (and the seeds it starts from) to the reader it was found in.

import Foundation
import FuzzEntries
import Testing

@Suite struct ReplayTests {
    @Test(arguments: FuzzTarget.allCases)
    func everyKeptInputIsReadWithoutATrap(_ target: FuzzTarget) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Corpus/fuzz/\(target.rawValue)")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { !$0.lastPathComponent.hasPrefix(".") }
        #expect(!files.isEmpty, "no input is kept for \(target.rawValue)")
        for file in files.sorted(by: { $0.path < $1.path }) {
            // The name of the file that a trap was in: it ends the process.
            print("\(target.rawValue)/\(file.lastPathComponent)")
            target.run(try Array(Data(contentsOf: file)))
        }
        target.run([])
    }
}
