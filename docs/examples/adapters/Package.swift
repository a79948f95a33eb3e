// swift-tools-version: 6.2
import PackageDescription

// A package of its own, since it needs packages from the network; NATSBridge itself needs none.
let package = Package(
    name: "adapters",
    products: [.library(name: "Adapters", targets: ["Adapters"])],
    dependencies: [
        // Outside of this repository: url: "https://github.com/natsbridge/natsbridge-swift"
        .package(name: "natsbridge-swift", path: "../../.."),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.5.0"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.6.0"),
    ],
    targets: [
        .target(
            name: "Adapters",
            dependencies: [
                .product(name: "NATSBridge", package: "natsbridge-swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "AdaptersCheck",
            dependencies: [
                "Adapters", .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]),
    ]
)
