import BridgeBytes
import BridgeConsole
import TestKit
import Testing

@Suite("Deadline")
struct DeadlineTests {
    /// Waits until the task is cancelled.
    private static func untilCancelled() async {
        let (values, continuation) = AsyncStream.makeStream(of: Void.self)
        await withTaskCancellationHandler {
            for await _ in values {}
        } onCancel: {
            continuation.finish()
        }
    }

    private static func failure(_ outcome: String?, _ exit: ExitCode) -> CommandFailure {
        var failure = CommandFailure(
            exit, code: .cancelled, stage: "publish", correlationID: "c", detail: "2 uploads stay")
        failure.outcome = outcome
        return failure
    }

    @Test func `work that ends in time gives its value, or its own failure`() async throws {
        let value = try await Deadline.run(.seconds(600), stage: "send") {
            () throws(CommandFailure) in
            7
        }
        #expect(value == 7)
        let own = Self.failure(nil, .integrity)
        await #expect(throws: own) {
            try await Deadline.run(nil, stage: "send") { () throws(CommandFailure) in throw own }
        }
    }

    @Test(arguments: [
        ("unknown", "it may have arrived"), ("lost", "it was not sent"),
        ("denied", "it was refused"),
        ("sent", "it has arrived"),
    ])
    func `a late send says what it knows`(_ outcome: String, _ words: String) async throws {
        let error = await #expect(throws: CommandFailure.self) {
            try await Deadline.run(.milliseconds(1), stage: "send", target: "s.x") {
                () async throws(CommandFailure) in
                await Self.untilCancelled()
                throw Self.failure(outcome, .interrupted)
            }
        }
        #expect(error?.exit == .timeout && error?.code == .timeout && error?.outcome == outcome)
        #expect(error?.detail.contains(words) == true)
        #expect(error?.detail.contains("2 uploads stay") == true)
        #expect(error?.correlationID == "c" && error?.target == "s.x")
    }

    @Test func `an interrupted send says what it knows`() async throws {
        let run = Task {
            try await Deadline.run(.seconds(600), stage: "send") {
                () async throws(CommandFailure) in
                await Self.untilCancelled()
                throw Self.failure("unknown", .interrupted)
            }
        }
        run.cancel()
        let error = await #expect(throws: CommandFailure.self) { try await run.value }
        #expect(error?.exit == .interrupted && error?.outcome == "unknown")
        #expect(error?.detail.hasPrefix("interrupted; it may have arrived") == true)
    }

    @Test func `late work that succeeded all the same counts, and so does its own failure`()
        async throws
    {
        let value = try await Deadline.run(.milliseconds(1), stage: "send") {
            () async throws(CommandFailure) in
            await Self.untilCancelled()
            return 7
        }
        #expect(value == 7)
        let denied = Self.failure("denied", .connection)
        await #expect(throws: denied) {
            try await Deadline.run(.milliseconds(1), stage: "send") {
                () async throws(CommandFailure) in
                await Self.untilCancelled()
                throw denied
            }
        }
    }

    @Test func `work that does not end is left behind`() async throws {
        let (values, continuation) = AsyncStream.makeStream(of: Void.self)
        let error = await #expect(throws: CommandFailure.self) {
            try await within("the grace") {
                try await Deadline.run(.milliseconds(1), stage: "send", grace: .milliseconds(1)) {
                    () async throws(CommandFailure) in
                    // A task that nobody cancels.
                    await Task { for await _ in values {} }.value
                }
            }
        }
        continuation.finish()
        #expect(error?.exit == .timeout && error?.outcome == nil)
    }
}
