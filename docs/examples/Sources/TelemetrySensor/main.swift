// One of two services: it measures, sends what it has measured, and asks in the end what it comes
// to.
//
//     TelemetrySensor nats://127.0.0.1:4222        (after TelemetryDashboard)
import ExampleKit
import NATSBridge

struct Reading: Codable {
    var sensor: String
    var number: Int
    var celsius: Double
}

struct Summary: Codable, Equatable {
    var count: Int
    var mean: Double
}

/// The span that a tracer would have begun for this task.
enum Span {
    @TaskLocal static var current: TraceContext?
}

var options = BridgeOptions(servers: [CommandLine.arguments[1]])
options.senderName = "sensor"
options.log = .standardError(from: .notice)
options.inject = { headers in headers.traceContext = Span.current }

try await Bridge.withBridge(options) { bridge in
    let span = TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    try await Span.$current.withValue(span) {
        for number in 1...100 {
            let reading = Reading(sensor: "boiler", number: number, celsius: Double(number % 10))
            try await bridge.send(.json(reading), to: "telemetry.boiler")
        }
        let answer = try await bridge.request("summary?", to: "telemetry.summary")
        let summary = try answer.decode(Summary.self)
        check(summary == Summary(count: 100, mean: 4.5), "the summary is \(summary)")
        check(answer.traceContext == span, "the answer belongs to another trace")
    }

    // What Prometheus would scrape.
    let text = bridge.metrics.exposition
    check(text.contains("\nnatsbridge_messages_sent_total 101\n"), text)
    check(bridge.metrics["nats.client.reconnects"]?.samples.first?.value == 0, text)
    say("100 readings sent, mean 4.5")
}
