public import Metrics
public import NATSBridge
public import ServiceLifecycle

/// Records a bridge's metrics with swift-metrics, again and again: each sample is a meter.
public struct MetricsReporter: Service {
    let metrics: @Sendable () -> NATSBridge.Metrics
    let interval: Duration
    let factory: any MetricsFactory

    /// `MetricsReporter { bridge.metrics }`
    public init(
        every interval: Duration = .seconds(10),
        factory: any MetricsFactory = MetricsSystem.factory,
        _ metrics: @escaping @Sendable () -> NATSBridge.Metrics
    ) {
        (self.interval, self.factory, self.metrics) = (interval, factory, metrics)
    }

    /// Reports until the task is cancelled or the group shuts down, and once more then.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            repeat { report() } while (try? await Task.sleep(for: interval)) != nil
        }
        report()
    }

    func report() {
        for sample in metrics().flatMap(\.samples) {
            let dimensions = sample.labels.map { ($0.name, $0.value) }
            Meter(label: sample.name, dimensions: dimensions, factory: factory).set(sample.value)
        }
    }
}
