// Work that must be done: a stream keeps it until somebody has said that it is done. What fails is
// delivered again.
//
//     StreamWorker nats://127.0.0.1:4222           (a server with JetStream)
import ExampleKit
import NATSClient

struct Order: Codable {
    var number: Int
}

let client = try await NATSClient.connect(CommandLine.arguments[1])
let jetStream = client.jetStream
var work = StreamConfiguration(name: "ORDERS", subjects: ["orders.>"])
work.retention = .workQueue
_ = try await jetStream.createStream(work)

// The publisher: an acknowledgement says that the order is stored. The same id is stored once.
for number in 1...100 {
    var options = PublishOptions()
    options.messageID = try HeaderValue("order-\(number)")
    for _ in 0..<2 {
        try await jetStream.publish(json: Order(number: number), to: "orders.new", options: options)
    }
}

// The worker. Any number of processes may run this loop with the same consumer.
var settings = ConsumerConfiguration(durableName: "packers")
settings.ackWait = .seconds(30)
settings.maxDeliver = 5
let packers = try await jetStream.createConsumer(settings, on: "ORDERS")
// The loop stands in a function, since what stands at the top of main.swift is kept until the end
// of the program, the loop's iterator too: `drain` would wait for the loop that was left.
func work() async throws -> [Int: UInt64] {
    var done: [Int: UInt64] = [:]
    for try await message in packers.messages() {
        let order = try message.decode(Order.self)
        if order.number % 10 == 0, message.metadata.deliveryCount == 1 {
            try message.nak()  // not now: it comes again
            continue
        }
        let isNew = done.updateValue(message.metadata.deliveryCount, forKey: order.number) == nil
        check(isNew, "order \(order.number) was done twice")
        try await message.ackConfirmed()
        if done.count == 100 { break }
    }
    return done
}
let done = try await work()
let again = done.filter { $0.value > 1 }
check(Set(again.keys) == Set(stride(from: 10, through: 100, by: 10)), "again: \(again)")
let left = try await jetStream.streamInfo("ORDERS").state.messages
check(left == 0, "\(left) orders are left")
try await client.drain()
say("100 orders done, \(again.count) of them at the second attempt")
