internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

/// What a server makes of the headers that a publisher asks with.
@Suite(.needsNATSServer) struct PublishedHeadersTests {
    @Test func `a rollup replaces, a counter counts, and a life without end outlasts the stream's`()
        async throws
    {
        try await JetStreamStage.run { jetStream in
            let level = try await JetStreamStage.level(jetStream)
            var stream = StreamConfiguration(name: "S", subjects: ["s.>"])
            stream.allowsRollup = true
            try await jetStream.createStream(stream)
            for text in ["a", "b"] { try await jetStream.publish(text, to: "s.a") }
            try await jetStream.publish("other", to: "s.b")
            var options = PublishOptions()
            options.rollup = .subject
            try await jetStream.publish("c", to: "s.a", options: options)
            #expect(try await jetStream.streamInfo("S").state.messages == 2)
            options.rollup = .all
            try await jetStream.publish("d", to: "s.a", options: options)
            #expect(try await jetStream.streamInfo("S").state.messages == 1)
            guard level >= 2 else { return }
            var counters = StreamConfiguration(name: "C", subjects: ["c.>"])
            (counters.allowsCounters, counters.allowsDirectGet) = (true, true)
            try await jetStream.createStream(counters)
            var step = PublishOptions()
            step.increment = 5
            #expect(try await jetStream.publish("", to: "c.a", options: step).counter == "5")
            step.increment = -7
            #expect(try await jetStream.publish("", to: "c.a", options: step).counter == "-2")
        }
    }

    @Test func `an expectation may be about other subjects`() async throws {
        try await JetStreamStage.run { jetStream in
            guard try await JetStreamStage.level(jetStream) >= 2 else { return }
            try await jetStream.createStream(StreamConfiguration(name: "S", subjects: ["s.>"]))
            try await jetStream.publish("a", to: "s.a.1")
            var options = PublishOptions()
            (options.expectedLastSubjectSequence, options.expectedSubject) = (0, "s.a.*")
            let code = await JetStreamStage.code {
                try await jetStream.publish("b", to: "s.b", options: options)
            }
            #expect(code == .conditionFailed)
            options.expectedLastSubjectSequence = 1
            #expect(try await jetStream.publish("b", to: "s.b", options: options).sequence == 2)
        }
    }

    @Test func `a scheduled message is published to its target at its moment`() async throws {
        try await JetStreamStage.run { jetStream in
            guard try await JetStreamStage.level(jetStream) >= 2 else { return }
            var stream = StreamConfiguration(name: "S", subjects: ["s.>"])
            (stream.allowsSchedules, stream.allowsMessageTTL) = (true, true)
            stream.allowsRollup = true
            try await jetStream.createStream(stream)
            let subscription = try jetStream.client.subscribe(to: "s.out")
            try await jetStream.client.flush()
            let now = try #require(try await jetStream.streamInfo("S").serverTime)
            let soon = try #require(now.advanced(by: .milliseconds(500)))
            var options = PublishOptions()
            options.schedule = MessageSchedule(.at(soon), to: "s.out")
            try await jetStream.publish("later", to: "s.plan", options: options)
            var consumer = ConsumerConfiguration(durableName: "c")
            consumer.filterSubjects = ["s.out"]
            let puller = try await jetStream.createConsumer(consumer, on: "S")
            let message = try #require(try await puller.next(expires: patience))
            #expect(message.text == "later" && message.subject == "s.out")
            #expect(message.metadata.timestamp >= soon)
            subscription.unsubscribe()
        }
    }

    @Test func `answers of every form are read alike`() throws {
        let forms = [
            (#"{"stream":"ORDERS","seq":18}"#, PublishAck(stream: "ORDERS", sequence: 18)),
            (
                #"{"stream":"S","seq":1,"duplicate":true}"#,
                PublishAck(stream: "S", sequence: 1, isDuplicate: true)
            ),
            (
                #"{"stream":"S","domain":"hub","seq":2}"#,
                PublishAck(stream: "S", sequence: 2, domain: "hub")
            ),
            (#"{"stream":"a\u003eb","seq":3}"#, PublishAck(stream: "a>b", sequence: 3)),
            (#"{"stream":"ö","seq":3}"#, PublishAck(stream: "ö", sequence: 3)),
            (#"{"seq":3,"stream":"S"}"#, PublishAck(stream: "S", sequence: 3)),
            (
                #"{"stream":"S","seq":9,"val":"12"}"#,
                PublishAck(stream: "S", sequence: 9, counter: "12")
            ),
        ]
        for (text, ack) in forms { #expect(PublishAck(answer: text) == ack) }
        for text in [
            "", "{", "{}", #"{"stream":"","seq":1}"#, #"{"stream":"S","seq":0}"#,
            #"{"stream":"S","seq":01}"#, #"{"stream":"S","seq":}"#, #"{"stream":"S","seq":1"#,
            #"{"stream":"S","seq":1}}"#, #"{"stream":"S","seq":-1}"#, #"{"stream":"S"}"#,
            #"{"stream":"S","seq":99999999999999999999}"#, #"{"stream":"S","seq":1}x"#,
        ] {
            #expect(PublishAck(answer: text) == nil, "\(text)")
        }
    }
}
