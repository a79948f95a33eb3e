internal import BridgeBytes
internal import Glibc
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// How many bytes publishes hold while they are in flight, and after.
@Suite(.needsNATSServer) struct PublishMemoryTests {
    private static let count = 20_000

    /// Bytes that the heap gave for an object; nil where the system does not tell.
    private static func size(of object: AnyObject) -> Int? {
        guard let symbol = unsafe dlsym(nil, "malloc_usable_size") else { return nil }
        // Sound: that is how the C library declares it, and the caller holds the object.
        let function = unsafe unsafeBitCast(
            symbol, to: (@convention(c) (UnsafeMutableRawPointer) -> Int).self)
        return unsafe function(Unmanaged.passUnretained(object).toOpaque())
    }

    private static func makeStream(_ jetStream: JetStream) async throws {
        var stream = StreamConfiguration(name: "S", subjects: ["s"])
        stream.storage = .memory
        try await jetStream.createStream(stream)
    }

    /// A server that takes messages and answers none: all of them stay in flight.
    @Test func aMessageInFlightTakesAPlaceAndATicket() async throws {
        var options = JetStreamOptions()
        options.timeout = .seconds(600)
        try await JetStreamStage.run(options: options) { jetStream in
            let deaf = try jetStream.client.subscribe(to: "nobody.answers")
            let publisher = try jetStream.publisher(maxOutstanding: Self.count)
            var tickets: [PublishTicket] = []
            for _ in 0..<Self.count {
                tickets.append(try await publisher.publish(Bytes(), to: "nobody.answers"))
            }
            #expect(publisher.outstanding == Self.count)
            // The ring is a power of two.
            #expect(publisher.memory / 32_768 <= 96)
            // One of them may have been given the whole of a piece that is larger by chance.
            let size = try #require(tickets.compactMap { Self.size(of: $0) }.min())
            #expect(size >= 32)
            #expect(size <= 64)
            _ = deaf
        }
    }

    @Test func aResultTakesANumber() async throws {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            let requests = repeatElement(PublishRequest(Bytes(), to: "s"), count: Self.count)
            let results = try await jetStream.publishAll(requests, maxOutstanding: 4000)
            #expect(results.firstFailure == nil)
            #expect(results.memory <= 3 * Self.count)
            #expect(try results.map { try $0.get().sequence } == (1...20_000).map { UInt64($0) })
        }
    }
}
