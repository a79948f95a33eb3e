public import NATSBridge
public import ServiceLifecycle

/// A bridge in a group of services: it drains when the group shuts down, so that what has come is
/// still answered. `ServiceGroup(services: [BridgeService(bridge: bridge), …], …)`
public struct BridgeService: Service {
    let bridge: Bridge

    /// The bridge stays the caller's, whose loops end with the drain.
    public init(bridge: Bridge) { self.bridge = bridge }

    /// Keeps the bridge until the group shuts down or the task is cancelled.
    public func run() async throws {
        try await cancelWhenGracefulShutdown { [bridge] in try await bridge.run() }
    }
}
