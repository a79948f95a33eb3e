import BridgeBytes
import BridgeEnvelope
import NATSBridge
import NATSCore
import NATSWire
import Synchronization
import TestKit

/// What a sender was told about one message.
struct SoakVerdict: Sendable {
    var outcome: SoakSend.Outcome
    var detail = ""
    var mayLeaveUploads = false
    var server = ""

    static let sent = SoakVerdict(outcome: .sent)
}

/// All calls of a run: what began, and what became of it.
final class SoakBook: Sendable {
    private let sends = Mutex<[SoakSend]>([])

    func add(_ send: SoakSend) { sends.withLock { $0.append(send) } }

    var all: [SoakSend] { sends.withLock { $0 } }

    /// Messages of a process that were sent, of calls that began at that time or later.
    func sent(by process: String, since time: Duration = .zero) -> [SoakTag] {
        sends.withLock { sends in
            sends.filter {
                $0.tag.process == process && $0.outcome == .sent && $0.began >= time
            }.map(\.tag)
        }
    }
}

/// One process of a soak: it sends numbered messages, one after the other.
struct SoakLane: Sendable {
    typealias Send = @Sendable (SoakTag, Bytes) async throws -> SoakVerdict

    /// How long a call may take: a few attempts at the store and back, then a server's answer.
    static let limit = Duration.seconds(40)
    /// What a machine that is busy with other tests may add.
    static let slack = Duration.seconds(30)

    let process: String
    let way: SoakSend.Way
    /// The pause between two calls.
    let pause: Duration
    let send: Send

    /// Sends until told to stop.
    func run(until stop: SoakSwitch, _ book: SoakBook, _ clock: SoakClock) async throws {
        var generator = SeededGenerator("soak lane \(process)")
        var number = 0
        while !stop.isOn {
            number += 1
            let tag = SoakTag(process, number)
            let content = SoakContent.drawn(tag, using: &generator)
            let began = clock.now
            let verdict = try await verdict(tag, content)
            book.add(
                SoakSend(
                    tag: tag, way: way, began: began, ended: clock.now,
                    outcome: verdict.outcome, detail: verdict.detail, server: verdict.server,
                    mayLeaveUploads: verdict.mayLeaveUploads))
            await Pace.pause(pause)
        }
    }

    private func verdict(_ tag: SoakTag, _ content: Bytes) async throws -> SoakVerdict {
        do {
            return try await within("\(tag)", limit: Self.limit + Self.slack) {
                try await send(tag, content)
            }
        } catch let error as TimeIsUp {
            return SoakVerdict(outcome: .hung, detail: error.description)
        }
    }
}

extension SoakLane {
    /// Sends by the library in its default mode: confirmed by the server.
    static func core(_ process: String, _ bridge: Bridge) throws -> SoakLane {
        let subject = try Subject("soak.core.\(process)")
        return SoakLane(process: process, way: .core, pause: .milliseconds(60)) { tag, content in
            await library(bridge, tag, content, subject, SendOptions())
        }
    }

    /// Sends by the library into the stream.
    static func jetStream(_ process: String, _ bridge: Bridge) throws -> SoakLane {
        let subject = try Subject("soak.stream.\(process)")
        var options = SendOptions()
        options.mode = .jetStream
        let settings = options
        return SoakLane(process: process, way: .jetStream, pause: .milliseconds(80)) {
            tag, content in
            await library(bridge, tag, content, subject, settings)
        }
    }

    private static func library(
        _ bridge: Bridge, _ tag: SoakTag, _ content: Bytes, _ subject: Subject,
        _ options: SendOptions
    ) async -> SoakVerdict {
        var options = options
        options.correlationID = tag.description
        var verdict = SoakVerdict.sent
        do throws(BridgeError) {
            try await bridge.send(
                [tag.description: .bytes(content)], to: subject,
                options: options)
        } catch {
            verdict = SoakVerdict(error)
        }
        verdict.server = bridge.client.serverInfo?.serverName ?? ""
        return verdict
    }

    /// Asks by the library, and notes what was answered.
    static func request(
        _ process: String, _ bridge: Bridge, answers: SoakLoop
    ) throws -> SoakLane {
        let subject = try Subject("ask.\(process)")
        return SoakLane(process: process, way: .request, pause: .milliseconds(80)) { tag, content in
            var options = RequestOptions()
            options.sending.correlationID = tag.description
            do throws(BridgeError) {
                let answer = try await bridge.request(
                    [tag.description: .bytes(content)], to: subject,
                    options: options, timeout: .seconds(4))
                answers.note(answer, of: tag)
                return .sent
            } catch {
                return SoakVerdict(error)
            }
        }
    }

    /// Sends by the command line: a process a message, each through one node.
    static func command(
        _ process: String, _ way: SoakSend.Way, _ stage: SoakStage, _ peak: SoakPeak
    ) throws -> SoakLane {
        let folder = try TemporaryDirectory()
        let kind = way == .jetStream ? "stream" : "core"
        return SoakLane(process: process, way: way, pause: .milliseconds(200)) { tag, content in
            let path = folder.file("content")
            try TestFile.write(content, to: path)
            let arguments =
                [
                    "send", "soak.\(kind).\(process)", "\(tag):binary=@\(path)",
                    "--json", "--correlation-id", "\(tag)", "--threshold",
                    String(SoakContent.threshold),
                    "--server", stage.url(tag.number % SoakFault.nodeCount, .senders),
                    "--store", stage.store.url(.senders), "--timeout", "10s",
                    "--max-retries", "3", "--base-delay", "50ms", "--max-delay", "500ms",
                ] + (way == .jetStream ? ["--jetstream"] : []) + stage.trustArguments
            let end = try await SoakProgram.run(arguments, in: folder)
            peak.note(end.peak)
            return SoakVerdict(end)
        }
    }
}

/// The most memory of several processes.
final class SoakPeak: Sendable {
    private let kilobytes = Mutex(0)

    var value: Int { kilobytes.withLock { $0 } }
    func note(_ value: Int) { kilobytes.withLock { $0 = max($0, value) } }
}
