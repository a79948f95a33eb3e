import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import Foundation
import NATSBridge
import NATSCore
import NATSWire
import Synchronization
import TestKit

/// A receiving loop and its log, in the order in which it was handed things.
final class SoakLoop: Sendable {
    private let log: Mutex<SoakLog>
    private let subscribed = SoakSwitch()

    init(_ name: String, of processes: Set<String>) {
        log = Mutex(SoakLog(name: name, processes: processes))
    }

    /// Whether it has subscribed for the first time.
    var isSubscribed: Bool { subscribed.isOn }
    var snapshot: SoakLog { log.withLock { $0 } }

    func note(_ event: SoakLog.Event) { log.withLock { $0.events.append(event) } }

    /// Notes a message as the library hands it out; with the tag that it must have, if it answers.
    func note(_ message: Received, of expected: SoakTag? = nil) {
        guard let tag = SoakTag(message.envelope.correlationID) else {
            return note(.stray("correlation id \(message.envelope.correlationID)"))
        }
        let payload = message.payloads.first
        // Values are asked for: where there is none, its link could not be had.
        if let payload, payload.value == nil { return note(.failure(tag, "no value")) }
        let isIntact =
            message.payloads.count == 1 && (expected == nil || expected == tag)
            && payload.map { $0.name == tag.description && SoakContent.isIntact($0.bytes, tag) }
                == true
        note(.message(expected ?? tag, isIntact: isIntact))
    }

    /// Notes a failure in the place of a message.
    func note(_ error: BridgeError) {
        if let tag = SoakTag(error.correlationID) {
            note(.failure(tag, error.code.rawValue))
        } else if error.isLoss {
            note(.gap(error.code.rawValue))
        } else {
            note(.stray("\(error)"))
        }
    }

    /// Whether it was handed a message, or told of its failure, of that process and such a number.
    func knows(_ process: String, from number: Int) -> Bool {
        log.withLock { log in
            log.events.reversed().contains { event in
                switch event {
                case .message(let tag, _), .failure(let tag, _):
                    tag.process == process && tag.number >= number
                case .gap, .end, .stray: false
                }
            }
        }
    }
}

extension SoakLog {
    /// The code of an element that tells of a loss, in the library and on the command line.
    static let lossCode = "messages_lost"
}

extension SoakLoop {
    /// Receives by the library until cancelled. A subscription that fails is made again: what was
    /// published meanwhile is a loss that was told.
    func receive(
        _ bridge: Bridge, on pattern: String, limits: SubscriptionLimits = .default,
        standingStill still: SoakSwitch,
        answering answer: @Sendable (Received) async -> Void = { _ in }
    ) async throws {
        let pattern = try SubjectPattern(pattern)
        while !Task.isCancelled {
            do {
                var options = ReceiveOptions()
                options.limits = limits
                let messages = bridge.messages(on: pattern, options: options)
                subscribed.turnOn()
                for try await element in messages.results {
                    switch element {
                    case .success(let message):
                        note(message)
                        await answer(message)
                    case .failure(let error): note(error)
                    }
                    await still.whenOff()
                }
                if !Task.isCancelled { note(.end("the subscription ended")) }
            } catch {
                if !Task.isCancelled { note(.end("\(error)")) }
            }
            await Pace.pause(.milliseconds(100))
        }
    }

    /// Answers each question with its tag, by the library, until cancelled.
    func serve(_ bridge: Bridge, on pattern: String, standingStill still: SoakSwitch) async throws {
        try await receive(bridge, on: pattern, standingStill: still) { message in
            guard let tag = SoakTag(message.envelope.correlationID) else { return }
            let answer = Payload(
                tag.description, .bytes(SoakContent.make(tag, filler: 64)))
            // Who asked is told by a timeout, and says so.
            _ = try? await bridge.reply([answer], to: message)
        }
    }

    /// Receives by the command line until cancelled. A process that ends is started again.
    func command(
        _ stage: SoakStage, on pattern: String, standingStill still: SoakSwitch, _ peak: SoakPeak
    ) async throws {
        var starts = 0
        while !Task.isCancelled {
            let words = [
                "receive", pattern, "--json", "--store", stage.store.url(.receivers),
                "--server", stage.url(starts % SoakFault.nodeCount, .receivers),
                "--max-retries", "3", "--base-delay", "50ms", "--max-delay", "500ms",
            ]
            let process = try await SoakProgram.start(words + stage.trustArguments)
            starts += 1
            let pauses = Task { await Self.pausing(process, still) }
            var position = 0
            while let line = try? await process.log.first(from: position, where: { _ in true }) {
                position = line.number + 1
                if line.text.hasPrefix("listening on ") { subscribed.turnOn() }
                read(line.text)
            }
            peak.note(SoakProgram.residentPeak(of: process.processID))
            pauses.cancel()
            await pauses.value
            // Also after a cancellation: no process outlives the run.
            await Task { try? await process.stop() }.value
            guard !Task.isCancelled else { return }
            note(.end("the process ended: \(process.log.lines.last ?? "")"))
            await Pace.pause(.milliseconds(100))
        }
    }

    /// Stops and continues the process as the loops stand still and go on.
    private static func pausing(_ process: ChildProcess, _ still: SoakSwitch) async {
        while !Task.isCancelled {
            if still.isOn {
                process.signal(SIGSTOP)
                await still.whenOff()
                process.signal(SIGCONT)
            }
            await Pace.pause(.milliseconds(20))
        }
    }

    /// Reads one line: a message, or what went wrong. Remarks are for people.
    private func read(_ line: String) {
        guard line.hasPrefix("{"), let value = try? JSONValue(parsing: Bytes(utf8: line)) else {
            // A message that was printed so that nobody can read it is lost.
            if line.contains("\"correlation_id\"") || line.hasPrefix("{") { note(.stray(line)) }
            return
        }
        let tag = SoakTag(value["correlation_id"]?.stringValue ?? "")
        if let code = value["error"]?.stringValue {
            if let tag { return note(.failure(tag, code)) }
            // With an exit code it says why the process ends, which is a loss that was told.
            let isLoss = code == SoakLog.lossCode || value["exit_code"] != nil
            return note(isLoss ? .gap(code) : .stray(line))
        }
        guard let tag else { return note(.stray(line)) }
        let payloads = value["payloads"]?.arrayValue ?? []
        if let error = payloads.first?["error"], !error.isNull {
            return note(.failure(tag, "\(error)"))
        }
        let text = payloads.first?["value"]?.stringValue ?? ""
        let bytes = Data(base64Encoded: text).map { Bytes([UInt8]($0)) } ?? Bytes()
        note(
            .message(
                tag, isIntact: payloads.count == 1 && SoakContent.isIntact(bytes, tag)))
    }
}
