// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// Modules whose tests reach inside with @testable: what only they can make (an OutboundMessage, a database handle) must not
/// become `package` for the tests' sake. Everything else is tested through `package` access.
let reachable: [SwiftSetting] = [.unsafeFlags(["-enable-testing"])]

/// A module of ours: what it may import is its row in docs/architecture.md; Tests/ArchitectureTests compares.
func module(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], settings: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict + settings)
}

/// Tests of one module.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "letterlock",
    products: [
        .executable(name: "letterlock", targets: ["letterlock"]),
        .executable(name: "letterlock-portal", targets: ["letterlock-portal"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CGPGME", pkgConfig: "gpgme", providers: [.apt(["libgpgme-dev"])]),
        .systemLibrary(name: "CHyperscan", pkgConfig: "libhs", providers: [.apt(["libhyperscan-dev"])]),
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        module("Mail", [nioCore]),
        module("Packets", ["Mail"]),
        module("SMTP", ["Mail", nioCore]),
        module("Links", ["Mail", "CLibcrypto"], settings: reachable),
        module("Settings", ["Mail", yams]),
        module("MIME", ["Mail", "Packets"]),
        module("OpenPGP", ["Mail", "Packets", "CGPGME"]),
        module("Vault", ["Mail", "Links", grdb], settings: reachable),
        module("Listeners", ["Mail", "SMTP", nioCore, nioPosix, lifecycle, logging]),
        module("Policy", ["Mail", "MIME", "Packets", "CHyperscan", yams]),
        module(
            "Portal", ["Mail", "Links", "Vault", hummingbird, nioCore, logging, lifecycle, signals],
            resources: [.embedInCode("Assets")]),
        module("Sealing", ["Mail", "MIME", "Packets", "Policy", "OpenPGP", "Links"], settings: reachable),
        module("Delivery", ["Mail", "SMTP", "Sealing", "Vault", nioCore, nioPosix, lifecycle, logging]),
        module(
            "Gateway",
            [
                "Mail", "MIME", "Listeners", "Policy", "OpenPGP", "Sealing", "Links", "Vault", "Delivery", nioCore,
                lifecycle, logging,
            ]),
        module("PolicyTesting", ["Gateway", "Policy", "Mail", "MIME", yams]),
        module(
            "Demo",
            [
                "Gateway", "Listeners", "Links", "Sealing", "Policy", "MIME", "Mail", nioPosix, lifecycle, logging,
                signals,
            ]),
        .executableTarget(
            name: "letterlock",
            dependencies: [
                "Gateway", "Settings", "PolicyTesting", "Demo", "Sealing", "Mail", argumentParser, nioPosix, lifecycle,
                logging, signals,
            ], swiftSettings: strict),
        .executableTarget(
            name: "letterlock-portal", dependencies: ["Portal", "Settings", "Mail"], swiftSettings: strict),

        .target(name: "Support", dependencies: [], path: "Tests/Support", swiftSettings: strict),
        tests("Architecture", []),
        tests("Mail", ["Mail", nioCore]),
        tests("Packets", ["Packets", "Mail", nioCore]),
        tests("SMTP", ["SMTP", "Mail", nioCore]),
        tests("Links", ["Links", "Mail"]),
        tests("Settings", ["Settings", "Mail"]),
        tests("MIME", ["MIME", "Packets", "Mail", nioCore]),
        tests("OpenPGP", ["OpenPGP", "Packets", "Mail"]),
        tests("Vault", ["Vault", "Links", "Mail", grdb]),
        tests("Listeners", ["Listeners", "SMTP", "Mail", nioCore, nioEmbedded, nioPosix, logging, lifecycle]),
        tests("Policy", ["Policy", "MIME", "Packets", "Mail", yams]),
        tests("Portal", ["Portal", "Vault", "Links", "Mail", nioCore, grdb, lifecycle, logging]),
        tests("Sealing", ["Sealing", "Policy", "OpenPGP", "MIME", "Packets", "Links", "Mail", "Support"]),
        tests(
            "Delivery",
            ["Delivery", "Sealing", "SMTP", "Vault", "Links", "Mail", nioCore, nioPosix, logging, lifecycle]),
        tests(
            "Gateway",
            [
                "Gateway", "Listeners", "Policy", "Sealing", "Links", "MIME", "Mail", "Support", nioPosix, logging,
                lifecycle,
            ]),
        tests("PolicyTesting", ["PolicyTesting", "Gateway", "Policy", "MIME", "Mail", "Support"]),
    ]
)
