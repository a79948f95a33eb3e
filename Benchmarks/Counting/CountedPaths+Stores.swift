import NATSClient
import NATSJetStream

extension CountedMessaging {
    /// Keys that are there, as a watch tells them: what each costs beside what a pull does.
    func keyValue() async throws -> CountedPath {
        let count = 5000
        var configuration = KeyValueConfiguration(bucket: "COUNT")
        configuration.storage = .memory
        let bucket = try await client.jetStream.createKeyValue(configuration)
        for index in 0..<count { try await bucket.put("v", for: "k\(index)") }
        return CountedPath(
            name: "kv.watch", unit: .message, count: count,
            slack: [.allocations: 0.25, .calls: 0.25, .wakeUps: 0.25]
        ) { count in
            var left = count
            for try await change in try bucket.watch() {
                guard change.entry != nil, left > 0 else { break }
                left -= 1
            }
        }
    }
}
