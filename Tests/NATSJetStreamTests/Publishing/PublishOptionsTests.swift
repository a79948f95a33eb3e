internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire
internal import TestKit
internal import Testing

@Suite struct PublishOptionsTests {
    private func lines(_ options: PublishOptions, _ headers: Headers = [:]) -> [String] {
        options.apply(to: headers).map { "\($0.name): \($0.value)" }
    }

    @Test func nothingAskedAddsNothing() {
        #expect(lines(PublishOptions(), ["A": "b"]) == ["A: b"])
    }

    @Test func everyWishIsAHeader() {
        var options = PublishOptions(messageID: "id")
        options.expectedStream = "S"
        options.expectedLastSequence = 4
        options.expectedLastSubjectSequence = 0
        options.expectedLastMessageID = "last"
        options.timeToLive = .seconds(90)
        #expect(
            lines(options) == [
                "Nats-Msg-Id: id", "Nats-Expected-Stream: S", "Nats-Expected-Last-Sequence: 4",
                "Nats-Expected-Last-Subject-Sequence: 0", "Nats-Expected-Last-Msg-Id: last",
                "Nats-TTL: 90",
            ])
    }

    @Test func `rollups, counters, schedules and lives without end are headers`() throws {
        var options = PublishOptions()
        options.neverExpires = true
        (options.rollup, options.increment) = (.subject, -3)
        (options.expectedLastSubjectSequence, options.expectedSubject) = (7, "s.*")
        let moment = Timestamp(seconds: 1_700_000_000, nanoseconds: 5)
        options.schedule = MessageSchedule(
            .at(moment), to: "s.out", timeToLive: .milliseconds(1500))
        #expect(
            lines(options) == [
                "Nats-Expected-Last-Subject-Sequence: 7",
                "Nats-Expected-Last-Subject-Sequence-Subject: s.*", "Nats-TTL: never",
                "Nats-Rollup: sub", "Nats-Incr: -3",
                "Nats-Schedule: @at 2023-11-14T22:13:20.000000005Z",
                "Nats-Schedule-Target: s.out", "Nats-Schedule-TTL: 2",
            ])
        var often = PublishOptions()
        (often.rollup, often.schedule) = (.all, MessageSchedule(.every(.seconds(5)), to: "t"))
        #expect(
            lines(often) == [
                "Nats-Rollup: all", "Nats-Schedule: @every 5s", "Nats-Schedule-Target: t",
            ])
        var daily = PublishOptions()
        daily.schedule = MessageSchedule(.cron("0 0 5 * * *", timeZone: "Europe/Berlin"), to: "t")
        #expect(
            lines(daily) == [
                "Nats-Schedule: 0 0 5 * * *", "Nats-Schedule-Time-Zone: Europe/Berlin",
                "Nats-Schedule-Target: t",
            ])
    }

    @Test func `a number is never clamped`() {
        var options = PublishOptions()
        options.expectedLastSequence = .max
        options.expectedLastSubjectSequence = .max
        #expect(
            lines(options) == [
                "Nats-Expected-Last-Sequence: 18446744073709551615",
                "Nats-Expected-Last-Subject-Sequence: 18446744073709551615",
            ])
    }

    @Test func aWishReplacesALineOfTheSameName() {
        let options = PublishOptions(messageID: "new")
        #expect(
            lines(options, ["Nats-Msg-Id": "old", "A": "b", "Nats-Msg-Id": "older"]) == [
                "Nats-Msg-Id: new", "A: b",
            ])
    }

    @Test func aLifeIsOneSecondAtLeast() {
        var options = PublishOptions()
        options.timeToLive = .milliseconds(10)
        #expect(lines(options) == ["Nats-TTL: 1"])
    }

    @Test(arguments: [
        (Duration.milliseconds(1500), "2"), (.seconds(2), "2"),
        (.seconds(Int64.max) + .milliseconds(1), "9223372036854775807"),
        (.zero, "0"), (.seconds(-1), "-1"), (.seconds(Int64.min), "-9223372036854775808"),
    ])
    func `a life is never shorter than asked, and nonsense stays what it is`(
        _ life: Duration, _ text: String
    ) {
        var options = PublishOptions()
        options.timeToLive = life
        #expect(lines(options) == ["Nats-TTL: " + text])
    }

    /// It would store the message, and never remove it.
    @Test(arguments: ["2.10.26", "2.9.10"])
    func `a server that knows no lives of messages is given none`(version: String) async throws {
        let server = try ScriptedServer { connection, _ in
            connection.send(
                "INFO {\"server_id\":\"x\",\"version\":\"\(version)\",\"proto\":1,"
                    + "\"headers\":true,\"max_payload\":1048576}\r\n")
            while let line = connection.readLine() {
                if line == "PING" { connection.send("PONG\r\n") }
            }
        }
        try await within {
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: ["nats://127.0.0.1:\(server.port)"]))
            let jetStream = client.jetStream
            var options = PublishOptions()
            options.timeToLive = .seconds(1)
            let given = options
            let error = await #expect(throws: JetStreamError.self) {
                try await jetStream.publish("x", to: "s", options: given)
            }
            #expect(error?.code == .serverTooOld && error?.outcome == .lost)
            let all = try await jetStream.publishAll([
                PublishRequest("x", to: "s", options: given)
            ])
            #expect(all.firstFailure?.code == .serverTooOld)
            let publisher = try jetStream.publisher()
            let late = await #expect(throws: JetStreamError.self) {
                _ = try await publisher.publish("x", to: "s", options: given)
            }
            #expect(late?.code == .serverTooOld)
            await client.close()
        }
    }
}
