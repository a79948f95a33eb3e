// The other service: it takes readings from any number of sensors and answers what they come to.
//
//     TelemetryDashboard nats://127.0.0.1:4222
import ExampleKit
import NATSBridge

struct Reading: Codable {
    var sensor: String
    var number: Int
    var celsius: Double
}

struct Summary: Codable {
    var count: Int
    var mean: Double
}

var options = BridgeOptions(servers: [CommandLine.arguments[1]])
options.senderName = "dashboard"
// A logger of your own takes events the same way: see adapters/.
options.log = LogSink(from: .warning) { event in
    say("\(event.level) in \(event.stage): \(event.message) \(event.attributes)")
}

try await Bridge.withBridge(options) { bridge in
    let messages = bridge.messages(on: "telemetry.*")
    try await bridge.client.flush()  // from here on nothing is missed
    say("ready")

    var sum = 0.0
    var count = 0
    for try await message in messages {
        if message.subject == "telemetry.summary" {
            let summary = Summary(count: count, mean: sum / Double(count))
            try await bridge.reply(.json(summary), to: message)
            break
        }
        let reading = try message.decode(Reading.self)
        count += 1
        sum += reading.celsius
        check(reading.number == count, "reading \(reading.number) came as number \(count)")
        check(message.traceContext?.isSampled == true, "the trace of the sensor is lost")
    }
    let handled = bridge.metrics["messaging.process.duration"]?.samples
        .first { $0.name.hasSuffix("_count") }?.value
    check(handled == 101, "\(handled ?? 0) messages were worked on")
    check(bridge.statistics.losses == 0, "\(bridge.statistics)")
    say("\(count) readings, mean \(sum / Double(count))")
}
