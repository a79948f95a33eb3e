import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import NATSBridge
import NATSCore
import NATSWire
import TestKit

/// A bridge on a fresh server with a store whose downloads wait, and the forging of messages.
struct ReceiverBench {
    let bridge: Bridge
    let store: GatedStore

    static func run(
        open: Set<String> = [], _ change: (inout BridgeOptions) -> Void = { _ in },
        body: @escaping @Sendable (ReceiverBench) async throws -> Void
    ) async throws {
        let store = GatedStore(open: open)
        try await NATSServerFixture.run { server in
            var options = BridgeOptions(
                client: NATSClientOptions(servers: [server.url]), store: store)
            change(&options)
            let bench = ReceiverBench(bridge: try await Bridge.connect(options), store: store)
            try await within("the test") { try await body(bench) }
            await bench.bridge.close()
        }
    }

    /// What a forged payload is.
    enum Part {
        case text(String)
        /// Its name at the store, the size that comes, and the size that is stated.
        case link(String, Int, stated: Int? = nil)
        case other(JSONObject)

        static func base64(_ text: String) -> String {
            var writer = ByteWriter(capacity: 64)
            Base64.encode(text.utf8.span, into: &writer)
            return String(decoding: Array(writer.finish()), as: UTF8.self)
        }

        var json: JSONValue {
            var object: JSONObject = ["id": "p", "dataname": "d", "metadata": [:]]
            switch self {
            case .text(let text):
                object["payload_type"] = "text"
                object["transport"] = "direct"
                object["encoding"] = "base64"
                object["size"] = .number(JSONNumber(text.utf8.count))
                object["data"] = .string(Self.base64(text))
            case .link(let name, let size, let stated):
                object["payload_type"] = "binary"
                object["transport"] = "link"
                object["encoding"] = "none"
                object["size"] = .number(JSONNumber(stated ?? size))
                object["data"] = .string("http://store/\(name)/\(size)")
            case .other(let fields):
                object["transport"] = "direct"
                for (key, value) in fields { object[key] = value }
            }
            return .object(object)
        }
    }

    /// Publishes a message with that `msg_id`.
    func publish(_ id: String, _ parts: Part...) throws { try publishAll(id, parts) }

    /// The same, with the payloads as an array.
    func publishAll(_ id: String, _ parts: [Part]) throws {
        let envelope: JSONValue = .object([
            "correlation_id": .string("flow-\(id)"), "msg_id": .string(id), "sender_id": "s",
            "send_to": "in", "payloads": .array(parts.map(\.json)),
        ])
        try bridge.client.publish(envelope.encoded(), to: "in")
    }

    /// Waits until links hold nothing of the budget any more: who has the message may be told a
    /// moment before its memory is given back.
    func memoryIsFree() async throws {
        try await within("the memory of the links") { [bridge] in
            while bridge.statistics.memoryHeld != 0 { await Task.yield() }
        }
    }

    /// Suspends until those downloads were cancelled.
    func cancellations(of names: [String]) async throws {
        try await within("the cancellations") { [store] in
            while store.cancelled != names { await Task.yield() }
        }
    }

    /// Subscribes, at the server too.
    func messages(
        limits: SubscriptionLimits = .default, _ change: (inout ReceiveOptions) -> Void = { _ in }
    ) async throws -> ReceivedMessages {
        var options = ReceiveOptions()
        options.limits = limits
        change(&options)
        let messages = bridge.messages(on: "in", options: options)
        try await bridge.client.flush()
        return messages
    }

    /// The ids of the next so many messages; what cannot be used is its code.
    static func ids(
        _ count: Int, _ iterator: inout ReceivedMessages.Results.Iterator
    ) async throws -> [String] {
        var ids: [String] = []
        while ids.count < count, let result = try await iterator.next() {
            switch result {
            case .success(let received): ids.append(received.envelope.messageID)
            case .failure(let error): ids.append(error.code.rawValue)
            }
        }
        return ids
    }
}
