internal import BridgeBytes
internal import NATSClient
internal import NATSCore

/// Key-value buckets and object stores, each made anew for the run and removed behind it.
struct StoreBenchmark {
    let client: NATSClient

    /// When something began, and what the process had used of the processor by then.
    private struct Start {
        let time = ProcessUse.now
        private let used = ProcessUse.cpu

        var cpu: Double {
            let now = ProcessUse.cpu
            return now.user + now.system - used.user - used.system
        }
    }

    private func print(_ name: String, _ count: Int, _ unit: String, since start: Start) {
        let (seconds, cpu) = (ProcessUse.now - start.time, start.cpu)
        Swift.print(
            """
            {"benchmark":"\(name)","unit":"\(unit)","n":\(count),"secs":\(seconds),\
            "per_s":\(Double(count) / seconds),"cpu":\(cpu)}
            """)
    }

    /// Puts and gets one key after the other, then watches all of them; then many at once.
    func keys(count: Int) async throws {
        let bucket = try await client.jetStream.createKeyValue(
            KeyValueConfiguration(bucket: "BENCH-KEYS"))
        var start = Start()
        for index in 0..<count { try await bucket.put("v", for: "k\(index)") }
        print("kv.put", count, "key", since: start)
        start = Start()
        for index in 0..<count { _ = try await bucket.get("k\(index)") }
        print("kv.get", count, "key", since: start)
        start = Start()
        var told = 0
        for try await change in try bucket.watch() {
            guard change.entry != nil else { break }
            told += 1
        }
        print("kv.watch", told, "key", since: start)
        try await allKeys(count: count, of: bucket)
        try await client.jetStream.deleteKeyValue("BENCH-KEYS")
    }

    /// Puts all keys with many answers outstanding, and gets them in groups.
    private func allKeys(count: Int, of bucket: KeyValueBucket) async throws {
        let keys = (0..<count).map { "k\($0)" }
        var start = Start()
        let results = try await bucket.putAll(keys.map { (key: $0, value: "w") })
        if let failure = results.firstFailure { throw failure }
        print("kv.put.all", count, "key", since: start)
        start = Start()
        var got = 0
        for first in stride(from: 0, to: count, by: Self.group) {
            let group = Array(keys[first..<min(first + Self.group, count)])
            got += try await bucket.entries(for: group).count
        }
        guard got == count else { throw BenchmarkFailure("not all keys came") }
        print("kv.get.all", count, "key", since: start)
    }

    /// Keys that are asked for at once; a server gives 1024 at most.
    private static let group = 1000

    /// Puts an object, and gets it with one reader and with four.
    func object(bytes size: Int) async throws {
        var configuration = ObjectStoreConfiguration(bucket: "BENCH-OBJECTS")
        configuration.storage = .file
        let store = try await client.jetStream.createObjectStore(configuration)
        let content = Bytes([UInt8](repeating: 0x5A, count: size))
        for _ in 0..<3 {
            var start = Start()
            try await store.put(content, as: "large")
            print("object.put", size, "byte", since: start)
            for readers in [1, 4] {
                start = Start()
                let read = try await store.bytes(of: "large", readers: readers)
                guard read.count == size else { throw BenchmarkFailure("not all bytes came") }
                print("object.get.\(readers)", size, "byte", since: start)
            }
        }
        try await client.jetStream.deleteObjectStore("BENCH-OBJECTS")
    }
}
