// Asks the services of QueueService, and is told that one of them ends while questions are on
// their way: none of them may stay without an answer.
//
//     QueueLoad nats://127.0.0.1:4222
import ExampleKit
import NATSClient

let client = try await NATSClient.connect(CommandLine.arguments[1])
let (batches, size) = (40, 50)
var answeredBy: [Substring: Int] = [:]
for batch in 0..<batches {
    try await withThrowingTaskGroup(of: Substring.self) { group in
        for number in (batch * size)..<((batch + 1) * size) {
            group.addTask {
                let answer = try await client.request("\(number)", to: "square.of")
                let parts = (answer.text ?? "").split(separator: " ")
                check(parts.last == "\(number * number)", "\(number): \(parts)")
                return parts[0]
            }
        }
        for try await name in group { answeredBy[name, default: 0] += 1 }
    }
    // Whoever runs this ends one of the services now.
    if batch == 4 { say("halfway") }
}
check(answeredBy.count == 2, "both services are asked: \(answeredBy)")
check(answeredBy.values.reduce(0, +) == batches * size, "\(answeredBy)")
try await client.drain()
say("\(batches * size) questions, \(batches * size) answers")
