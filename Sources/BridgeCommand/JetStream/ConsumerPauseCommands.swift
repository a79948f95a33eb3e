internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream

/// `natsbridge consumer pause` and `resume`: a consumer delivers nothing for a while.
enum ConsumerPauseCommands {
    private static let operands = [
        StreamCommands.stream, OperandSpecification("CONSUMER", .one, "the name of the consumer"),
    ]

    static let pause = Command(
        specification: CommandSpecification(
            path: ["consumer", "pause"], summary: "has a consumer deliver nothing for a time",
            operands: operands + [
                OperandSpecification(
                    "UNTIL", .one,
                    "a time from now, such as 1h, or a moment such as"
                        + " 2026-03-13T07:00:00Z")
            ], options: JetStreamAccess.options,
            notes: ["Times are measured by the server's clock (server 2.11)."],
            examples: ["natsbridge consumer pause ORDERS billing 1h"]),
        run: { arguments, console throws(CommandFailure) in
            let (stream, name) = (arguments.operands[0], arguments.operands[1])
            let end = try End(arguments.operands[2])
            let pause = try await JetStreamAccess.run("consumer pause", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    let moment = try await end.moment(name, stream, jetStream)
                    return try await jetStream.pauseConsumer(name, on: stream, until: moment)
                }
            }
            show(pause, name, stream, console)
            return .ok
        })

    static let resume = Command(
        specification: CommandSpecification(
            path: ["consumer", "resume"], summary: "ends a consumer's pause", operands: operands,
            options: JetStreamAccess.options,
            examples: ["natsbridge consumer resume ORDERS billing"]),
        run: { arguments, console throws(CommandFailure) in
            let (stream, name) = (arguments.operands[0], arguments.operands[1])
            let pause = try await JetStreamAccess.run("consumer resume", name, arguments, console) {
                jetStream throws(CommandFailure) in
                try await CommandFailure.jetStream { () throws(JetStreamError) in
                    try await jetStream.resumeConsumer(name, on: stream)
                }
            }
            show(pause, name, stream, console)
            return .ok
        })

    /// When a pause ends, as it was given.
    private enum End: Sendable {
        case after(Duration)
        case at(Timestamp)

        init(_ text: String) throws(CommandFailure) {
            if let duration = DurationText.parse(text), duration > .zero {
                self = .after(duration)
            } else if let moment = Timestamp(text) {
                self = .at(moment)
            } else {
                throw .usage(
                    "UNTIL \"\(text)\" is neither a duration nor a time",
                    hint: "write 1h or 2026-03-13T07:00:00Z")
            }
        }

        /// By the server's clock.
        func moment(
            _ name: String, _ stream: String, _ jetStream: JetStream
        ) async throws(JetStreamError) -> Timestamp {
            switch self {
            case .at(let moment): return moment
            case .after(let duration):
                let now = try await jetStream.consumerInfo(name, on: stream).serverTime
                guard let end = now?.advanced(by: duration) else {
                    throw JetStreamError(
                        .serverTooOld, operation: "consumer pause", stream: stream,
                        detail: "the server does not tell its time")
                }
                return end
            }
        }
    }

    private static func show(
        _ pause: ConsumerPause, _ name: String, _ stream: String, _ console: Console
    ) {
        if console.json {
            console.line([
                "stream": .string(stream), "consumer": .string(name),
                "paused": .bool(pause.isPaused), "pause_until": JetStreamJSON.time(pause.until),
            ])
        } else if pause.isPaused, let until = pause.until {
            console.line("\(stream) > \(name)  paused until \(until)")
        } else {
            console.line("\(stream) > \(name)  delivers")
        }
    }
}
