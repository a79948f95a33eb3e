internal import BridgeBytes
internal import BridgeJSON
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct StoredMessageTests {
    /// A stream of several subjects, read directly or not.
    private static func makeStream(
        _ jetStream: JetStream, allowsDirectGet: Bool = true
    ) async throws {
        var stream = StreamConfiguration(name: "S", subjects: ["s.>"])
        (stream.allowsDirectGet, stream.storage) = (allowsDirectGet, .memory)
        try await jetStream.createStream(stream)
        for number in 1...6 {
            let subject: Subject = number.isMultiple(of: 2) ? "s.even" : "s.odd"
            try await jetStream.publish(
                "\(number)", to: subject, headers: ["Number": HeaderValue(number)])
        }
    }

    @Test(arguments: [(MessageReader.leader, true), (.anyReplica, true), (.anyReplica, false)])
    func `a message is read by number, as the last or as the next of a subject`(
        _ reader: MessageReader, _ isDirect: Bool
    ) async throws {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream, allowsDirectGet: isDirect)
            let third = try await jetStream.message(3, in: "S", from: reader)
            #expect(third.text == "3" && third.sequence == 3 && third.subject == "s.odd")
            #expect(third.stream == "S" && third.time > Timestamp(seconds: 1_700_000_000))
            #expect(third.headers == ["Number": "3"])
            let last = try await jetStream.lastMessage(on: "s.odd", in: "S", from: reader)
            #expect(last.sequence == 5)
            #expect(try last.decode(Int.self) == 5)
            let next = try await jetStream.nextMessage(
                on: "s.even", in: "S", from: 3, reader: reader)
            #expect(next.sequence == 4)
            let missing = await JetStreamStage.code {
                _ = try await jetStream.message(7, in: "S", from: reader)
            }
            #expect(missing == .messageNotFound)
            let nothing = await JetStreamStage.code {
                _ = try await jetStream.lastMessage(on: "s.none", in: "S", from: reader)
            }
            #expect(nothing == .messageNotFound)
            let zero = await JetStreamStage.code {
                _ = try await jetStream.message(0, in: "S", from: reader)
            }
            #expect(zero == .messageNotFound)
            let absent = await JetStreamStage.code {
                _ = try await jetStream.message(1, in: "NONE", from: reader)
            }
            #expect(absent == .streamNotFound)
        }
    }

    @Test func `a message is removed, and its bytes erased on request`() async throws {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            try await jetStream.deleteMessage(2, in: "S")
            try await jetStream.deleteMessage(3, in: "S", erasing: true)
            let state = try await jetStream.streamInfo("S").state
            #expect(state.messages == 4 && state.deletedCount == 2)
            let code = await JetStreamStage.code {
                try await jetStream.deleteMessage(2, in: "S")
            }
            #expect(code == .messageNotFound || code == .refused)
            #expect(try await jetStream.purgeStream("S", before: 5) == 2)
            #expect(try await jetStream.purgeStream("S", keeping: 1) == 1)
            #expect(try await jetStream.message(6, in: "S").text == "6")
        }
    }

    @Test func `many messages are read in pages, in order and filtered`() async throws {
        try await JetStreamStage.run { jetStream in
            guard try await JetStreamStage.level(jetStream) >= 1 else { return }
            try await Self.makeStream(jetStream)
            // More than a page in number, and more than a page in bytes.
            let many = (0..<2500).map { PublishRequest("\($0)", to: "s.many") }
            let large = Bytes([UInt8](repeating: 7, count: 300_000))
            let big = (0..<10).map { _ in PublishRequest(large, to: "s.big") }
            for result in try await jetStream.publishAll(many + big) { _ = try result.get() }
            var texts: [String?] = []
            for try await message in jetStream.storedMessages(in: "S", on: "s.many") {
                texts.append(message.text)
            }
            #expect(texts == (0..<2500).map { "\($0)" })
            var sizes: [Int] = []
            for try await message in jetStream.storedMessages(in: "S", on: "s.big") {
                sizes.append(message.payload.count)
            }
            #expect(sizes == [Int](repeating: 300_000, count: 10))
            var numbers: [UInt64] = []
            for try await message in jetStream.storedMessages(in: "S", from: 4) {
                numbers.append(message.sequence)
                if numbers.count == 4 { break }
            }
            #expect(numbers == [4, 5, 6, 7])
            let time = try await jetStream.message(5, in: "S").time
            var since: [UInt64] = []
            for try await message in jetStream.storedMessages(in: "S", on: "s.odd", since: time) {
                since.append(message.sequence)
            }
            #expect(since == [5])
            for try await _ in jetStream.storedMessages(in: "S", on: "s.none") {
                Issue.record("nothing is stored there")
            }
        }
    }

    @Test func `the newest messages of many subjects are read as of one moment`() async throws {
        try await JetStreamStage.run { jetStream in
            guard try await JetStreamStage.level(jetStream) >= 1 else { return }
            try await Self.makeStream(jetStream)
            let all = jetStream.lastMessages(on: ["s.even", "s.odd"], in: "S")
            var numbers: [UInt64] = []
            for try await message in all { numbers.append(message.sequence) }
            #expect(numbers == [5, 6])
            var before: [UInt64] = []
            for try await message in jetStream.lastMessages(on: ["s.>"], in: "S", upTo: 4) {
                before.append(message.sequence)
            }
            #expect(before == [3, 4])
            let time = try await jetStream.message(3, in: "S").time
            var until: [UInt64] = []
            for try await message in jetStream.lastMessages(on: ["s.>"], in: "S", until: time) {
                until.append(message.sequence)
            }
            #expect(until == [1, 2], "\(time)")
            for number in 0..<1100 {
                try await jetStream.publish("", to: Subject("s.n.\(number)"))
            }
            let tooMany = await JetStreamStage.code {
                for try await _ in jetStream.lastMessages(on: ["s.>"], in: "S") {}
            }
            #expect(tooMany == .limitExceeded)
        }
    }

    @Test func `a stream that does not allow direct reads says so, and one that is none`()
        async throws
    {
        try await JetStreamStage.run { jetStream in
            guard try await JetStreamStage.level(jetStream) >= 1 else { return }
            try await Self.makeStream(jetStream, allowsDirectGet: false)
            for (stream, expected) in [
                ("S", ErrorCode.invalidArgument), ("NONE", .streamNotFound),
            ] {
                let code = await JetStreamStage.code {
                    for try await _ in jetStream.storedMessages(in: stream) {}
                }
                #expect(code == expected)
            }
        }
    }

    @Test func `a mirror answers direct reads of the stream that it copies`() async throws {
        try await JetStreamStage.run { jetStream in
            try await Self.makeStream(jetStream)
            var mirror = StreamConfiguration(name: "COPY", subjects: [])
            mirror.mirror = StreamSource(name: "S")
            (mirror.allowsDirectGet, mirror.storage) = (true, .memory)
            try await jetStream.createStream(mirror)
            let isCopied = await Pace.until(patience) {
                (try? await jetStream.streamInfo("COPY"))?.state.messages == 6
            }
            #expect(isCopied)
            let message = try await jetStream.message(5, in: "COPY", from: .anyReplica)
            #expect(message.stream == "COPY" && message.subject == "s.odd")
        }
    }
}
