// `letterlock policy init`: a starting policy with its cases.

import ArgumentParser
import Foundation
import Policy
import PolicyTesting

extension PolicyCommand {
    struct Init: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a commented starting policy with cases that pass.",
            discussion: "Nothing is overwritten: a folder that holds rules or cases is refused.")
        @Argument(help: "Folder, made where there is none. Default: ./policy.") var folder: String = "policy"

        func run() throws {
            let files = FileManager.default
            for name in StartingPolicy.files.map(\.name) + ["tests"] where files.fileExists(atPath: "\(folder)/\(name)")
            {
                throw Stop(.cannotCreate, "\"\(folder)/\(name)\" is there already, and is not overwritten")
            }
            let rules = (try? files.contentsOfDirectory(atPath: folder))?.filter { $0.hasSuffix(".yaml") } ?? []
            if let rule = rules.first {
                throw Stop(
                    .cannotCreate, "\"\(folder)\" holds rules already (\"\(rule)\")\n  hint: name another folder")
            }
            do {
                try files.createDirectory(atPath: "\(folder)/tests", withIntermediateDirectories: true)
                for file in StartingPolicy.files {
                    try Data(file.text.utf8).write(
                        to: URL(filePath: "\(folder)/\(file.name)"), options: .withoutOverwriting)
                    Console.out("\(folder)/\(file.name)")
                }
            } catch {
                throw Stop(.cannotCreate, "writing into \"\(folder)\": \(error.localizedDescription)")
            }
            Console.note("next: letterlock policy test \(folder)")
        }
    }
}
