internal import BridgeConsole
internal import BridgeJSON
internal import NATSBridge

/// Scenario 2: a table of ten million rows travels from one process to another, by way of the
/// file server, and the receiver reads it without copying a column.
///
/// Sender and receiver are processes of their own, so that each one's memory and time are its
/// own; the file server runs in the demo's process. Each prints JSON lines: its trace, and what
/// it found. The receiver's findings come back to the sender by reply, and from there to us.
enum TableScenario {
    static func run(_ environment: DemoEnvironment, _ log: ScenarioLog) async throws {
        guard let program = ThisProgram.executablePath else {
            throw CommandFailure(
                .other, code: .demoFailed, stage: "start", detail: "own path unknown")
        }
        let common = [
            "--server", environment.server, "--store", environment.store, "--rows",
            String(environment.rows),
        ]
        let receiver = try StartedProgram.start(
            program, TableProcess.receiver.specification.path + common, capture: .output)
        let sender: StartedProgram
        do {
            try await TableLines.untilReady(receiver, environment)
            sender = try StartedProgram.start(
                program, TableProcess.sender.specification.path + common, capture: .output)
        } catch {
            await receiver.stop()
            throw error
        }
        let result = await withTaskCancellationHandler {
            await TableLines.result(of: sender, environment)
        } onCancel: {
            sender.signal(15)
        }
        if result == nil { receiver.signal(15) }
        _ = await TableLines.result(of: receiver, environment)
        guard let result else {
            throw CommandFailure(
                .other, code: .demoFailed, stage: "send",
                detail: "the sending process ended without a result")
        }
        report(result, environment, log)
    }

    private static func report(
        _ result: JSONValue, _ environment: DemoEnvironment, _ log: ScenarioLog
    ) {
        let sent = result["sender"] ?? .null
        let received = result["receiver"] ?? .null
        let size = sent["bytes"]?.intValue ?? 0
        log.figure("rows", count: environment.rows, key: "rows")
        log.figure("stream", bytes: size, key: "bytes")
        log.figure("table made in", time: time(sent, "make_us"), key: "make_us")
        log.figure("upload", rate: size, in: time(sent, "upload_us"), key: "upload_mbps")
        log.figure("download", rate: size, in: time(received, "receive_us"), key: "download_mbps")
        log.figure(
            "table opened in", time: time(received, "open_us"), key: "open_us")
        log.figure("send to table", time: time(result, "total_us"), key: "send_to_table_us")
        log.figure("every value read in", time: time(received, "read_us"), key: "read_us")
        memory("sender's peak memory", sent, "sender_peak_bytes", log)
        memory("receiver's peak memory", received, "receiver_peak_bytes", log)
        check(result, environment, log)
    }

    private static func check(
        _ result: JSONValue, _ environment: DemoEnvironment, _ log: ScenarioLog
    ) {
        let sent = result["sender"] ?? .null
        let received = result["receiver"] ?? .null
        let expected = TableFormula.sums(rows: environment.rows)
        log.check(
            "the receiver's sums equal the sender's, and the formulae's",
            TableSums(received["sums"]) == expected && TableSums(sent["sums"]) == expected,
            found: received["sums"]?.description ?? "none")
        log.check(
            "the receiver's digest of every column equals the sender's",
            sent["digests"]?.arrayValue?.count == TableFormula.columns.count
                && sent["digests"] == received["digests"],
            found: received["digests"]?.description ?? "none")
        log.check(
            "no column was copied: every one lies inside the received bytes",
            received["inside"]?.boolValue == true)
        let isLink = received["transport"]?.stringValue == "link"
        if (sent["bytes"]?.intValue ?? 0) >= BridgeOptions().threshold {
            log.check("the table went by link", isLink)
        }
        let id = result["correlation_id"]?.stringValue ?? ""
        environment.show(flow: id, isPreferred: true)
        let stages = environment.trace.stages(of: id)
        let needed: Set =
            isLink
            ? ["sender upload", "sender publish", "receiver download"]
            : ["sender publish", "receiver receive"]
        log.check(
            "both processes traced the flow by its correlation id", stages.isSuperset(of: needed),
            found: stages.sorted().joined(separator: ", "))
    }

    private static func time(_ object: JSONValue, _ key: String) -> Duration {
        .microseconds(object[key]?.intValue ?? 0)
    }

    private static func memory(
        _ label: String, _ object: JSONValue, _ key: String, _ log: ScenarioLog
    ) {
        log.figure(label, bytes: object["peak_bytes"]?.intValue ?? 0, key: key)
    }
}
