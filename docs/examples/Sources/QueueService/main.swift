// A service of which several may run: each question goes to one of them. On SIGTERM it answers what
// has come to it, and ends; what comes later goes to the others.
//
//     QueueService nats://127.0.0.1:4222 NAME
import ExampleKit
import NATSClient

let name = CommandLine.arguments[2]
let client = try await NATSClient.connect(CommandLine.arguments[1])
let questions = try client.subscribe(to: "square.>", queueGroup: "squares")

let service = Task { try await client.run() }
let listening = await onTermination { service.cancel() }
let worker = Task {
    var answered = 0
    for try await question in questions {
        let number: Int = try question.decode()
        try client.respond(to: question, with: "\(name) \(number * number)")
        answered += 1
    }
    return answered
}
try await client.flush()
say("ready")

try await service.value  // drains: every question that had come is answered
let answered = try await worker.value
withExtendedLifetime(listening) {}
check(answered > 0, "\(name) was asked nothing")
say("\(name) answered \(answered)")
