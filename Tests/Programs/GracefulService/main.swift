// The program of the doc comment of `NATSClient.run()`, as somebody would write it who has nothing
// but it: a service that ends on SIGTERM without losing what has come. RunTests starts it.
import Dispatch
import Glibc
import NATSClient

let client = try await NATSClient.connect(CommandLine.arguments[1])
let orders = try client.subscribe(to: "orders.*", queueGroup: "workers")
let service = Task { try await client.run() }
let worker = Task {
    var count = 0
    for try await order in orders {
        // Only for the test: everything is answered after the signal has come.
        while !service.isCancelled { await Task.yield() }
        try client.respond(to: order, with: "done: \(order.text ?? "")")
        count += 1
    }
    return count
}

let termination = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
termination.setEventHandler { @Sendable in service.cancel() }
termination.setRegistrationHandler { @Sendable in
    print("ready")
    fflush(nil)
}
try await client.flush()
termination.activate()

try await service.value
print("ended after \(try await worker.value)")
