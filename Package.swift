// swift-tools-version: 6.2
import PackageDescription

// One settings list for every target. Each flag is argued for in its proposal:
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),  // SE-0458
    .treatAllWarnings(as: .error),  // SE-0443
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
    .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
    .enableExperimentalFeature("Lifetimes"),  // SE-0446, SE-0456: functions that return a span
]

// Set by `make test-threads`: the lock that the sanitizer sees, in the tests and in the program
// that they start.
let isSanitized = Context.environment["NATSBRIDGE_THREAD_SANITIZER"] != nil
let instrumented: [Target.Dependency] = isSanitized ? ["InstrumentedMutex"] : []

func layer(_ name: String, _ dependencies: String...) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: String...) -> Target {
    .testTarget(
        name: name, dependencies: (dependencies + ["TestKit"]).map { .byName(name: $0) },
        exclude: name == "InteropTests" ? ["Peer"] : [],  // the Python peer's scripts
        swiftSettings: settings)
}

/// A fuzzer is one file, so that a plain build links it too, as a program that does nothing.
func fuzzer(_ name: String, _ dependencies: String...) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) },
        path: "Tests/Fuzz/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "natsbridge",
    products: [
        // One import each: a product's module exports every name that its interface mentions.
        .library(name: "NATSBridge", targets: ["NATSBridge"]),
        .library(name: "NATSBridgeFoundation", targets: ["NATSBridgeFoundation"]),
        .library(name: "NATSClient", targets: ["NATSClient"]),
        .library(name: "ArrowIPC", targets: ["ArrowIPC"]),
        .library(name: "BridgeHTTP", targets: ["BridgeHTTP"]),
        .executable(name: "natsbridge", targets: ["BridgeCommand"]),
        .executable(name: "natsbridge-bench", targets: ["BridgeBenchmarks"]),
        .executable(name: "natsclient-bench", targets: ["ClientBenchmarks"]),
    ],
    targets: [
        // L0: bytes and text, no I/O. The system modules hold module maps and no code.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        layer("BridgeBytes"),
        layer("BridgeJSON", "BridgeBytes"),
        // L1: three pure protocol stacks, one I/O floor, and TLS as a transform of bytes.
        layer("NATSWire", "BridgeBytes", "BridgeJSON"),
        layer("HTTPWire", "BridgeBytes"),
        layer("ArrowIPC", "BridgeBytes"),
        layer("BridgeSockets", "BridgeBytes", "CLinux"),
        layer("BridgeTLS", "BridgeBytes"),  // OpenSSL is loaded at run time, not linked
        // L2: drivers, and the envelope as a pure function.
        layer(
            "NATSCore", "NATSWire", "HTTPWire", "BridgeSockets", "BridgeTLS", "BridgeJSON",
            "BridgeBytes"),
        layer(
            "BridgeHTTP", "HTTPWire", "BridgeSockets", "BridgeTLS", "BridgeBytes", "BridgeJSON",
            "CZlib"),
        layer("BridgeEnvelope", "BridgeJSON", "ArrowIPC", "BridgeBytes"),
        // L3: what is built on one driver.
        layer("NATSJetStream", "NATSCore", "NATSWire", "BridgeJSON", "BridgeBytes"),
        layer(
            "NATSKeyValue", "NATSJetStream", "NATSCore", "NATSWire", "BridgeJSON", "BridgeBytes"),
        layer(
            "NATSObjectStore", "NATSJetStream", "NATSCore", "NATSWire", "BridgeSockets",
            "BridgeJSON", "BridgeBytes"),
        layer(
            "NATSServices", "NATSCore", "NATSWire", "BridgeSockets", "BridgeJSON", "BridgeBytes"),
        layer(
            "NATSClient", "NATSKeyValue", "NATSObjectStore", "NATSServices", "NATSJetStream",
            "NATSCore", "NATSWire", "BridgeTLS", "BridgeJSON", "BridgeBytes"),
        layer(
            "BridgeClaims", "BridgeHTTP", "BridgeSockets", "HTTPWire", "BridgeJSON", "BridgeBytes"),
        // L4: the bridge. L5 to L7: its command line. Benchmarks stand beside it.
        layer(
            "NATSBridge", "BridgeEnvelope", "BridgeClaims", "BridgeHTTP", "BridgeSockets",
            "NATSClient", "NATSObjectStore", "NATSServices", "NATSCore", "NATSJetStream",
            "HTTPWire", "BridgeJSON", "ArrowIPC", "BridgeBytes"),
        layer(
            "NATSBridgeFoundation", "NATSBridge", "BridgeClaims", "BridgeEnvelope", "BridgeHTTP",
            "BridgeSockets", "HTTPWire", "NATSCore", "NATSJetStream", "NATSWire", "ArrowIPC",
            "BridgeJSON", "BridgeBytes"),
        layer(
            "BridgeConsole", "NATSBridge", "BridgeEnvelope", "BridgeClaims", "BridgeHTTP",
            "BridgeSockets", "BridgeTLS", "HTTPWire", "NATSCore", "NATSJetStream",
            "NATSKeyValue", "NATSObjectStore", "NATSServices", "NATSWire", "BridgeJSON",
            "ArrowIPC", "BridgeBytes"),
        layer(
            "BridgeDemo", "BridgeConsole", "NATSBridge", "BridgeEnvelope", "BridgeClaims",
            "BridgeSockets", "NATSCore", "NATSJetStream", "BridgeHTTP", "BridgeJSON", "ArrowIPC",
            "BridgeBytes"),
        .executableTarget(
            name: "BridgeCommand",
            dependencies: [
                "BridgeConsole", "BridgeDemo", "NATSBridge", "BridgeEnvelope", "BridgeClaims",
                "NATSCore", "NATSJetStream", "NATSKeyValue", "NATSObjectStore", "NATSWire",
                "BridgeHTTP", "BridgeJSON", "ArrowIPC", "BridgeBytes",
            ] + instrumented, swiftSettings: settings),
        .target(
            name: "MessagingBenchmarks",
            dependencies: [
                "NATSClient", "NATSJetStream", "NATSCore", "NATSWire", "BridgeBytes",
            ],
            path: "Benchmarks/Messaging", swiftSettings: settings),
        .executableTarget(
            name: "ClientBenchmarks", dependencies: ["MessagingBenchmarks"],
            path: "Benchmarks/Client", swiftSettings: settings),
        .executableTarget(
            name: "BridgeBenchmarks",
            dependencies: [
                "MessagingBenchmarks", "NATSBridge", "BridgeEnvelope", "NATSCore",
                "NATSJetStream", "NATSWire", "BridgeClaims", "BridgeHTTP", "BridgeJSON",
                "ArrowIPC", "BridgeBytes",
            ],
            path: "Benchmarks",
            exclude: ["Peers", "Baselines", "Messaging", "Client", "Counting/counters.c"],
            swiftSettings: settings),
        // A program that the tests start, as a user would write it.
        .executableTarget(
            name: "GracefulService", dependencies: ["NATSClient"],
            path: "Tests/Programs/GracefulService", swiftSettings: settings),
        // This implementation as the judge of Tests/Conformance sees it.
        .executableTarget(
            name: "ConformancePeer", dependencies: ["NATSBridge"],
            path: "Tests/Conformance/Peer", swiftSettings: settings),
        // Fuzz targets, one file each: see Tests/Fuzz/README.md.
        .target(
            name: "FuzzEntries",
            dependencies: [
                "NATSJetStream", "NATSWire", "HTTPWire", "BridgeTLS", "BridgeJSON", "BridgeBytes",
            ],
            path: "Tests/Fuzz/Entries", swiftSettings: settings),
        fuzzer("FrameParserFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("ClientFrameParserFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("HeaderBlockFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("ServerInfoFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("ServerURLFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("SubjectFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("CredentialsFileFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("WebSocketFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("TLSRecordFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("JetStreamFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("HTTPRequestFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("HTTPResponseFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("HTTPFormFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("HTTPValueFuzz", "FuzzEntries", "BridgeBytes"),
        fuzzer("ArrowStreamFuzz", "ArrowIPC", "BridgeBytes"),
        fuzzer("ArrowFileFuzz", "ArrowIPC", "BridgeBytes"),
        fuzzer("ArrowPrintFuzz", "ArrowIPC", "BridgeEnvelope", "BridgeJSON", "BridgeBytes"),
        // Tests.
        .target(
            name: "TestKit",
            dependencies: ["BridgeTLS", "BridgeSockets", "BridgeBytes", "BridgeJSON", "CLinux"]
                + instrumented,
            path: "Tests/TestKit", swiftSettings: settings),
        tests("BridgeBytesTests", "BridgeBytes"),
        tests("BridgeJSONTests", "BridgeJSON", "BridgeBytes"),
        tests("NATSWireTests", "NATSWire", "FuzzEntries", "BridgeJSON", "BridgeBytes"),
        tests("HTTPWireTests", "HTTPWire", "FuzzEntries", "BridgeJSON", "BridgeBytes"),
        tests("ArrowIPCTests", "ArrowIPC", "BridgeEnvelope", "BridgeJSON", "BridgeBytes"),
        tests("BridgeSocketsTests", "BridgeSockets", "BridgeBytes"),
        tests("BridgeTLSTests", "BridgeTLS", "BridgeBytes"),
        tests(
            "NATSCoreTests", "NATSCore", "NATSWire", "BridgeTLS", "BridgeSockets", "BridgeJSON",
            "BridgeBytes", "GracefulService"),
        tests("BridgeHTTPTests", "BridgeHTTP", "HTTPWire", "BridgeJSON", "BridgeBytes"),
        tests("BridgeEnvelopeTests", "BridgeEnvelope", "BridgeJSON", "ArrowIPC", "BridgeBytes"),
        tests(
            "NATSJetStreamTests", "NATSKeyValue", "NATSObjectStore", "NATSJetStream", "NATSCore",
            "BridgeJSON", "BridgeBytes"),
        tests(
            "NATSKeyValueTests", "NATSKeyValue", "NATSJetStream", "NATSCore", "NATSWire",
            "BridgeJSON", "BridgeBytes"),
        tests(
            "NATSObjectStoreTests", "NATSObjectStore", "NATSJetStream", "NATSCore", "NATSWire",
            "BridgeJSON", "BridgeBytes"),
        tests(
            "NATSServicesTests", "NATSServices", "NATSCore", "NATSWire", "BridgeJSON",
            "BridgeBytes"),
        tests(
            "BridgeClaimsTests", "BridgeClaims", "BridgeHTTP", "HTTPWire", "BridgeJSON",
            "BridgeBytes"),
        tests(
            "NATSBridgeTests", "NATSBridge", "BridgeEnvelope", "BridgeClaims", "BridgeHTTP",
            "HTTPWire", "NATSObjectStore", "NATSCore", "NATSJetStream", "NATSServices",
            "BridgeJSON", "ArrowIPC", "BridgeBytes"),
        tests(
            "BridgeConsoleTests", "BridgeConsole", "BridgeTLS", "NATSCore", "NATSWire",
            "BridgeJSON",
            "BridgeBytes"),
        tests("BridgeDemoTests", "BridgeDemo", "BridgeConsole", "BridgeJSON", "BridgeBytes"),
        tests(
            "BridgeCommandTests", "BridgeCommand", "BridgeConsole", "NATSBridge", "BridgeEnvelope",
            "BridgeClaims",
            "BridgeHTTP", "NATSCore", "NATSJetStream", "NATSWire", "BridgeJSON", "BridgeBytes",
            "ConformancePeer"),
        tests(
            "InteropTests", "NATSBridge", "BridgeEnvelope", "BridgeClaims", "BridgeHTTP",
            "HTTPWire", "NATSCore", "NATSJetStream", "NATSWire", "BridgeJSON", "ArrowIPC",
            "BridgeBytes"),
        tests(
            "SoakTests", "BridgeCommand", "BridgeConsole", "NATSBridge", "BridgeEnvelope",
            "BridgeClaims",
            "BridgeHTTP", "HTTPWire",
            "NATSCore", "NATSWire", "BridgeJSON", "BridgeBytes"),
        tests(
            "NATSBridgeFoundationTests", "NATSBridgeFoundation", "NATSBridge", "ArrowIPC",
            "BridgeHTTP", "HTTPWire", "NATSCore", "BridgeJSON", "BridgeBytes"),
        tests("DocumentationTests", "BridgeHTTP", "BridgeBytes"),
        tests("TestKitTests", "BridgeBytes"),
        tests("TidyTests"),
        fuzzer("LZ4FrameFuzz", "ArrowIPC", "BridgeBytes"),
        fuzzer("ZstandardFuzz", "ArrowIPC", "BridgeBytes"),
    ]
)

if isSanitized {
    package.targets.append(
        .target(
            name: "InstrumentedMutex", path: "Tests/InstrumentedMutex", swiftSettings: settings))
}
