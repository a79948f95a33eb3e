internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite(.needsNATSServer) struct StreamListTests {
    @Test func `streams are listed page by page, all of them and those of a subject`() async throws
    {
        try await JetStreamStage.run { jetStream in
            #expect(try await jetStream.streams().all().isEmpty)
            // More than one page of either list.
            let names = (0..<270).map { "S\($0)" }
            for name in names {
                var stream = StreamConfiguration(
                    name: name, subjects: [try SubjectPattern("s.\(name).>")])
                stream.storage = .memory
                try await jetStream.createStream(stream)
            }
            let listed = try await jetStream.streams().all().map(\.configuration.name)
            #expect(Set(listed) == Set(names) && listed.count == 270)
            let listedNames = try await jetStream.streamNames().all()
            #expect(Set(listedNames) == Set(names) && listedNames.count == 270)
            #expect(try await jetStream.streamNames(storing: "s.S7.*").all() == ["S7"])
            #expect(try await jetStream.streamName(storing: "s.S269.x") == "S269")
            let code = await JetStreamStage.code {
                _ = try await jetStream.streamName(storing: "elsewhere")
            }
            #expect(code == .streamNotFound)
            let account = try await jetStream.accountInfo()
            #expect(account.usage.streams == 270 && account.usage.consumers == 0)
            #expect(account.calls > 270)
        }
    }

    @Test func `the subjects of a stream are counted`() async throws {
        try await JetStreamStage.run { jetStream in
            try await jetStream.createStream(
                StreamConfiguration(name: "S", subjects: ["s.>"]))
            for subject in ["s.a", "s.b", "s.a", "s.c.d"] as [Subject] {
                try await jetStream.publish("", to: subject)
            }
            let all = try await jetStream.subjects(of: "S").all()
            #expect(
                Set(all) == [
                    SubjectCount(subject: "s.a", messages: 2),
                    SubjectCount(subject: "s.b", messages: 1),
                    SubjectCount(subject: "s.c.d", messages: 1),
                ])
            let some = try await jetStream.subjects(of: "S", matching: "s.*").all()
            #expect(Set(some.map(\.subject)) == ["s.a", "s.b"])
            #expect(try await jetStream.streamInfo("S").state.subjectCount == 3)
        }
    }

    @Test func `more subjects than one answer holds are listed`() async throws {
        // The server puts at most 100,000 into one answer.
        let count = 100_001
        try await JetStreamStage.run { jetStream in
            var stream = StreamConfiguration(name: "S", subjects: ["s.*"])
            stream.storage = .memory
            try await jetStream.createStream(stream)
            let requests = try (0..<count).map {
                PublishRequest(Bytes(), to: try Subject("s.\($0)"))
            }
            for result in try await jetStream.publishAll(requests, maxOutstanding: 1000) {
                _ = try result.get()
            }
            var seen = Set<Subject>()
            for try await subject in jetStream.subjects(of: "S") { seen.insert(subject.subject) }
            #expect(seen.count == count)
        }
    }
}
