// swift-tools-version: 6.2
import PackageDescription

/// FAULTS=1 arms the points of Sources/POSIX/Failpoint.swift, for the fault suite; build it into a scratch path of its own.
let faults: [SwiftSetting] = Context.environment["FAULTS"] == "1" ? [.define("FAULTS")] : []

let strict: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .treatAllWarnings(as: .error),
    ] + faults

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// Modules whose tests reach inside with @testable: what only they can make (an OutboundMessage, a database handle) must
/// not become `package` for the tests' sake, nor must the steps that tests of judging and of detectors count. Everything
/// else is tested through `package` access.
let reachable: [SwiftSetting] = [.unsafeFlags(["-enable-testing"])]

/// What only tests are made of is not optimised: that takes a third to two thirds of its compiling away and changes
/// nothing in what is tested.
let plain: [SwiftSetting] = [.unsafeFlags(["-Onone"], .when(configuration: .release))]

/// Suites to build, from LETTERLOCK_TESTS="SMTP,Listeners": to work on one module without compiling all tests. All by default.
let wantedTests = Context.environment["LETTERLOCK_TESTS"].map { $0.split(separator: ",").map { "\($0)Tests" } }

/// A module of ours: what it may import is its row in docs/architecture.md; Tests/ArchitectureTests compares.
func module(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], settings: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict + settings)
}

/// Tests of one module.
func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: dependencies, exclude: exclude, resources: resources,
        swiftSettings: strict + plain)
}

let package = Package(
    name: "letterlock",
    products: [
        .executable(name: "letterlock", targets: ["letterlock"]),
        .executable(name: "letterlock-portal", targets: ["letterlock-portal"]),
        .executable(name: "letterlock-extract", targets: ["letterlock-extract"]),
        .executable(name: "letterlock-seal", targets: ["letterlock-seal"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
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
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CMagic", pkgConfig: "libmagic", providers: [.apt(["libmagic-dev"])]),
        .systemLibrary(name: "CIDN2", pkgConfig: "libidn2", providers: [.apt(["libidn2-dev"])]),
        .target(name: "CSandbox"),
        .target(name: "CPOSIX"),
        .target(name: "CPBKDF2", dependencies: ["CLibcrypto"]),
        .target(name: "CBase64"),
        module("POSIX", ["CPOSIX"]),
        module("Cryptography", ["CLibcrypto", "CPBKDF2"]),
        module("Sockets", ["POSIX", nioCore, nioPosix]),
        module("Mail", ["Cryptography", "POSIX", "CIDN2", nioCore]),
        module("SettingValues", ["Mail"]),
        module("Packets", ["Mail", "CBase64"]),
        module("Wording", ["Mail"], resources: [.embedInCode("Messages")]),
        module("SMTP", ["SettingValues", "Mail", "Cryptography", nioCore]),
        module("Links", ["SettingValues", "Mail", "Cryptography"], settings: reachable),
        module("Settings", ["SettingValues", "Mail", "POSIX", yams]),
        module("MIME", ["SettingValues", "Mail", "Packets"]),
        module("ExtractionWire", []),
        module("SealWire", []),
        module("Walls", ["POSIX", "CSandbox"]),
        module("Encryptor", ["SealWire", "POSIX", "Walls"]),
        module(
            "Extractor",
            ["SettingValues", "Mail", "POSIX", "ExtractionWire", "MIME", "CArchive", "CMagic", "CSandbox", "Walls"]),
        module("Extraction", ["SettingValues", "Mail", "POSIX", "ExtractionWire", "MIME"]),
        module(
            "OpenPGP",
            ["SettingValues", "Mail", "Cryptography", "POSIX", "Packets", "SealWire", "CGPGME", metrics]),
        module("Vault", ["SettingValues", "Mail", "Cryptography", "Links"]),
        module(
            "VaultSQLite", ["SettingValues", "Mail", "Cryptography", "POSIX", "Links", "Vault", grdb],
            settings: reachable),
        module("Certificates", ["POSIX", nioSSL, logging]),
        module("Logs", ["SettingValues", "Mail", "Cryptography", "POSIX", logging]),
        module("SASL", ["SettingValues", "Mail", "Cryptography", "POSIX"]),
        module("Milter", ["SettingValues", "Mail", nioCore]),
        module(
            "Listeners",
            [
                "SettingValues", "Mail", "POSIX", "Sockets", "Certificates", "SMTP", "SASL", "Milter", nioCore,
                nioPosix, nioTLS, nioSSL, lifecycle,
                logging,
                metrics,
            ]),
        module("Detection", ["SettingValues", "Mail", "MIME", "CHyperscan"], settings: reachable),
        module(
            "Policy", ["SettingValues", "Detection", "Mail", "MIME", "Packets"],
            resources: [.embedInCode("Resources")], settings: reachable),
        module("PolicyAnalysis", ["SettingValues", "Policy", "Detection", "Mail"], settings: reachable),
        module("PolicyLanguage", ["SettingValues", "PolicyAnalysis", "Policy", "Detection", "Mail", yams]),
        module(
            "Portal",
            [
                "SettingValues", "Mail", "Cryptography", "CZlib", "Sockets", "Certificates", "Links", "Vault",
                "Wording", hummingbird, nioCore,
                nioSSL, logging,
                lifecycle,
                signals,
            ],
            resources: [.embedInCode("Assets")]),
        module(
            "Sealing",
            [
                "SettingValues", "Mail", "Cryptography", "MIME", "Packets", "Policy", "PolicyLanguage", "OpenPGP",
                "Links", "Wording",
            ],
            settings: reachable),
        module("Texting", ["SettingValues", "Mail", "POSIX", nioCore, nioHTTP1, nioPosix, nioSSL, logging]),
        module(
            "Delivery",
            [
                "SettingValues", "Mail", "Cryptography", "POSIX", "Sockets", "SMTP", "Milter", "SASL", "Sealing",
                "Texting", "Vault", nioCore,
                nioPosix, nioTLS, nioSSL,
                lifecycle,
                logging, metrics,
            ]),
        module(
            "Admin",
            [
                "SettingValues", "Gateway", "Operations", "Vault", "Mail", "Cryptography", "Sockets", "Wording", "SASL",
                hummingbird, nioCore,
                logging, metrics, lifecycle,
            ],
            resources: [.embedInCode("Assets")], settings: reachable),
        module(
            "Gateway",
            [
                "SettingValues", "Mail", "Cryptography", "POSIX", "MIME", "Listeners", "SASL", "Milter", "Policy",
                "PolicyLanguage", "PolicyAnalysis", "OpenPGP", "Sealing",
                "Links", "Vault", "VaultSQLite",
                "Delivery", "SMTP", "Extraction", "Texting", "Wording", "Logs", nioCore, lifecycle, logging, metrics,
            ], settings: reachable),
        module(
            "Operations",
            [
                "SettingValues", "Gateway", "POSIX", "Certificates", "Policy", "OpenPGP", "Sealing", "Links", "Vault",
                "VaultSQLite", "Delivery", "Logs", "MIME", "Mail", nioCore, logging,
            ]),
        module(
            "PolicyTesting",
            [
                "SettingValues", "Operations", "Gateway", "Extraction", "Policy", "PolicyLanguage", "PolicyAnalysis",
                "Detection",
                "Mail", "MIME", yams,
            ]),
        module(
            "Demo",
            [
                "SettingValues", "Gateway", "Operations", "Listeners", "Links", "Cryptography", "Sealing", "Policy",
                "MIME", "Mail",
                nioPosix,
                lifecycle, logging,
                signals,
            ]),
        module(
            "Doctor",
            [
                "SettingValues", "Operations", "Gateway", "Settings", "Policy", "OpenPGP", "VaultSQLite", "Delivery",
                "SMTP", "SASL",
                "Extraction", "Mail",
                "POSIX", "Sockets",
                nioCore, nioPosix, nioSSL,
            ]),
        .executableTarget(
            name: "letterlock",
            dependencies: [
                "SettingValues", "Operations", "Gateway", "Settings", "Policy", "PolicyLanguage", "PolicyTesting",
                "Demo", "Sealing",
                "SASL", "Admin",
                "Certificates", "Doctor", "Extraction", "Logs", "Vault", "VaultSQLite", "Mail", "Wording",
                argumentParser,
                nioPosix, lifecycle,
                logging, signals,
            ], swiftSettings: strict),
        .executableTarget(
            name: "letterlock-portal",
            dependencies: [
                "SettingValues", "Portal", "Settings", "Vault", "VaultSQLite", "Cryptography", "Logs", "Wording",
                "Mail",
                logging,
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "letterlock-extract", dependencies: ["Extractor", "ExtractionWire"], swiftSettings: strict),

        .executableTarget(
            name: "letterlock-seal", dependencies: ["Encryptor", "SealWire", "POSIX"], swiftSettings: strict),

        // What the fuzzers feed and ReplayTests feeds again.
        .target(
            name: "FuzzEntries",
            dependencies: [
                "SettingValues", "SMTP", "Milter", "MIME", "Packets", "Extractor", "ExtractionWire", "Mail", nioCore,
            ],
            path: "Fuzz/Entries", swiftSettings: strict),
        tests("FuzzReplay", ["FuzzEntries"]),

        .target(name: "Support", dependencies: ["Logs"], path: "Tests/Support", swiftSettings: strict + plain),
        // What every store behind Vault's protocols is held to, over a factory of stores.
        .target(
            name: "VaultContract", dependencies: ["SettingValues", "Vault", "Links", "Cryptography", "Mail"],
            path: "Tests/VaultContract",
            swiftSettings: strict + plain),
        tests("Architecture", []),
        tests("POSIX", ["POSIX", "Support"]),
        tests("Sockets", ["Sockets", nioCore, nioPosix]),
        tests("Cryptography", ["Cryptography"]),
        tests("Mail", ["Mail", "Cryptography", "Support", nioCore]),
        tests("Wording", ["Wording", "Mail"]),
        tests("Packets", ["Packets", "Mail", nioCore]),
        tests("SMTP", ["SettingValues", "SMTP", "Mail", nioCore]),
        tests("SASL", ["SettingValues", "SASL", "Mail", "Support"]),
        tests("Milter", ["SettingValues", "Milter", "Mail", nioCore]),
        tests(
            "Admin",
            [
                "Admin", "Gateway", "Operations", "Vault", "SASL", "Cryptography", "Wording", "Mail", "Support",
                nioCore,
                nioPosix, logging,
                lifecycle,
                metrics,
            ]),
        tests("Logs", ["SettingValues", "Logs", "Mail", "Support", logging]),
        tests("Links", ["SettingValues", "Links", "Cryptography", "Mail"]),
        tests("Settings", ["SettingValues", "Settings", "Mail"]),
        tests("MIME", ["SettingValues", "MIME", "Packets", "Mail", nioCore]),
        tests(
            "Extraction",
            [
                "SettingValues", "Extraction", "ExtractionWire", "Extractor", "Policy", "PolicyLanguage", "MIME",
                "Mail",
                "Support",
                "letterlock-extract",
            ],
            resources: [.copy("Fixtures")]),
        tests("Encryptor", ["Encryptor", "SealWire", "POSIX", "Support", "letterlock-seal"]),
        tests(
            "OpenPGP",
            ["SettingValues", "OpenPGP", "SealWire", "Packets", "Mail", "POSIX", "Support", "letterlock-seal"]),
        tests(
            "Vault", ["SettingValues", "Vault", "VaultContract", "VaultSQLite", "Links", "Cryptography", "Mail", grdb]),
        tests(
            "Listeners",
            [
                "SettingValues", "Listeners", "SMTP", "SASL", "Milter", "Mail", "Support", nioCore, nioEmbedded,
                nioPosix, nioSSL,
                logging, lifecycle,
            ]),
        tests(
            "Policy",
            [
                "SettingValues", "Policy", "PolicyLanguage", "PolicyAnalysis", "Detection", "MIME", "Packets", "Mail",
                yams,
            ],
            exclude: ["Vectors"]),
        tests(
            "Portal",
            [
                "SettingValues", "Portal", "Vault", "VaultSQLite", "Links", "Cryptography", "Mail", "Wording", nioCore,
                grdb, lifecycle, logging,
            ]),
        tests(
            "Sealing",
            [
                "SettingValues", "Sealing", "Policy", "PolicyLanguage", "OpenPGP", "MIME", "Packets", "Links",
                "Cryptography", "Mail",
                "Wording", "Support",
            ]),
        tests(
            "Texting", ["SettingValues", "Texting", "Mail", "Support", nioCore, nioPosix, logging]),
        tests(
            "Delivery",
            [
                "SettingValues", "Delivery", "Sealing", "SMTP", "Milter", "SASL", "Texting", "Vault", "Links", "Mail",
                "Support",
                nioCore, nioPosix,
                nioSSL, logging, lifecycle,
            ]),
        tests(
            "Gateway",
            [
                "SettingValues", "Gateway", "Operations", "Wording", "Extraction", "Listeners", "SASL", "Milter",
                "Delivery",
                "Policy", "PolicyLanguage", "Sealing",
                "Links", "Cryptography", "Logs", "MIME", "SMTP", "Texting", "Vault", "VaultSQLite", grdb,
                "Mail", "Support", "letterlock-extract", nioCore, nioPosix, logging, lifecycle,
            ]),
        tests(
            "Operations", ["SettingValues", "Operations", "Gateway", "Sealing", "Policy", "Vault", "Mail", "Support"]),
        tests("Demo", ["SettingValues", "Demo", "Sealing", "MIME", "Mail", "Wording"]),
        tests("Letterlock", ["Support"]),
        tests("Doctor", ["SettingValues", "Doctor", "Gateway", "Settings", "Mail", "Support", nioPosix]),
        tests(
            "PolicyTesting",
            [
                "SettingValues", "PolicyTesting", "Operations", "Gateway", "Policy", "PolicyLanguage", "PolicyAnalysis",
                "Detection",
                "MIME", "Mail", "Support",
            ]),
    ]
)

/// FUZZ=1: the fuzzers, which only a build for libFuzzer can link (`make fuzz`).
if Context.environment["FUZZ"] != nil {
    package.targets += ["SMTPServer", "SMTPClient", "Milter", "MIME", "OpenPGP", "Extractor", "Documents"].map { name in
        .executableTarget(
            name: "Fuzz\(name)", dependencies: ["FuzzEntries"], path: "Fuzz/\(name)", swiftSettings: strict)
    }
}

if let wantedTests { package.targets.removeAll { $0.type == .test && !wantedTests.contains($0.name) } }
