internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// Marks where a stream has lost what an ordered read would have come to.
@Suite(.needsNATSServer) struct OrderedGapTests {
    /// A stream of ten messages without the numbers 1, 4, 5 and 10.
    private static func run(
        start: ConsumerConfiguration.DeliverPolicy = .all, filters: [SubjectPattern] = [],
        _ check: @escaping @Sendable ([String]) -> Void
    ) async throws {
        try await JetStreamStage.run { jetStream in
            try await jetStream.createStream(StreamConfiguration(name: "S", subjects: ["s.>"]))
            for number in 1...10 {
                try await jetStream.publish("\(number)", to: number == 7 ? "s.odd" : "s.all")
            }
            for number in [1, 4, 5, 10] as [UInt64] {
                try await jetStream.deleteMessage(number, in: "S")
            }
            var options = OrderedReadOptions()
            (options.follows, options.start, options.filters) = (false, start, filters)
            var seen: [String] = []
            for try await element in jetStream.orderedMessages(in: "S", options: options).withGaps {
                switch element {
                case .message(let message): seen.append(message.text ?? "")
                case .gap(let gap): seen.append("-\(gap.lowerBound)...\(gap.upperBound)")
                }
            }
            check(seen)
        }
    }

    @Test func `what is gone between two messages is told in its place`() async throws {
        try await Self.run {
            #expect($0 == ["2", "3", "-4...5", "6", "7", "8", "9"])
        }
    }

    @Test func `what is gone before the number that was asked for is told as well`() async throws {
        try await Self.run(start: .byStartSequence(4)) {
            #expect($0 == ["-4...5", "6", "7", "8", "9"])
        }
    }

    @Test func `nothing is told of subjects that are not read`() async throws {
        try await Self.run(filters: ["s.all"]) {
            #expect($0 == ["2", "3", "6", "8", "9"])
        }
    }
}
