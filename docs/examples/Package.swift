// swift-tools-version: 6.2
import PackageDescription

/// One program. Each can be read alone: ExampleKit has only what ends a program.
func example(_ name: String, _ product: String) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["ExampleKit", .product(name: product, package: "natsbridge-swift")])
}

let package = Package(
    name: "examples",
    dependencies: [
        // Outside of this repository: url: "https://github.com/natsbridge/natsbridge-swift"
        .package(name: "natsbridge-swift", path: "../..")
    ],
    targets: [
        .target(name: "ExampleKit"),
        example("TelemetrySensor", "NATSBridge"),
        example("TelemetryDashboard", "NATSBridge"),
        example("QueueService", "NATSClient"),
        example("QueueLoad", "NATSClient"),
        example("StreamWorker", "NATSClient"),
        example("TableExchange", "NATSBridge"),
        example("ArrowFile", "ArrowIPC"),
        example("FileStore", "BridgeHTTP"),
    ]
)
