// Tries the adapters on a server: AdaptersCheck nats://127.0.0.1:4222
import Adapters
import Glibc
import Logging
import MetricsTestKit
import NATSBridge
import ServiceLifecycle

var logger = Logger(label: "adapters", factory: { StreamLogHandler.standardError(label: $0) })
logger.logLevel = .debug

var options = BridgeOptions(servers: [CommandLine.arguments[1]])
options.log = .logger(logger)
let bridge = try await Bridge.connect(options)
let meters = TestMetrics()

let group = ServiceGroup(
    services: [
        MetricsReporter(every: .seconds(60), factory: meters) { bridge.metrics },
        BridgeService(bridge: bridge),
    ], gracefulShutdownSignals: [.sigterm], logger: logger)
let running = Task { try await group.run() }

let messages = bridge.messages(on: "adapted")
let worker = Task {
    var count = 0
    for try await _ in messages { count += 1 }
    return count
}
for _ in 0..<10 { try await bridge.send("hello", to: "adapted") }
await group.triggerGracefulShutdown()
try await running.value

let received = try await worker.value
let sent = try meters.expectMeter("natsbridge_messages_sent_total").lastValue
print("sent \(sent ?? 0), received \(received)")
exit(sent == 10 && received == 10 ? 0 : 1)
