internal import BridgeBytes
internal import BridgeClaims
internal import BridgeConsole
internal import BridgeHTTP
internal import NATSBridge
internal import NATSCore
internal import Synchronization

/// What the scenarios run on: a nats-server, a file server, and the trace of all flows.
final class DemoEnvironment: Sendable {
    let server: String
    let store: String
    let rows: Int
    /// The folder for pictures; nil for none.
    let pictures: String?
    let trace: TraceLog
    /// What was started, for the head of the output.
    let summary: [String]

    private let natsServer: NATSServerProcess?
    private let fileServer: FileServer?
    private let scratch: ScratchDirectory
    private let flow = Mutex<(correlationID: String, isPreferred: Bool)?>(nil)

    private init(
        _ demo: Demo, natsServer: NATSServerProcess?, fileServer: FileServer?,
        scratch: ScratchDirectory
    ) {
        server = natsServer?.url ?? demo.server ?? CommonOptions.defaultServer
        store = fileServer?.baseURL ?? demo.store ?? CommonOptions.defaultStore
        rows = demo.rows
        pictures = demo.pictures
        trace = TraceLog(console: demo.console)
        self.natsServer = natsServer
        self.fileServer = fileServer
        self.scratch = scratch
        let place = scratch.inMemory ? "files in memory" : "files in \(scratch.path)"
        summary = [
            "nats-server  " + (natsServer.map { "\($0.version) at \($0.url)" } ?? "as named"),
            "file server  " + (fileServer.map { "\($0.baseURL), \(place)" } ?? "as named"),
        ]
    }

    /// Starts what the demo was not given.
    static func start(_ demo: Demo) async throws(CommandFailure) -> DemoEnvironment {
        let room = Int(Double(demo.rows) * TableFormula.bytesPerRow) + (256 << 20)
        let scratch = try ScratchDirectory.make(room: room)
        var natsServer: NATSServerProcess?
        do throws(CommandFailure) {
            if demo.server == nil {
                natsServer = try await NATSServerProcess.start(
                    directory: scratch.path + "/jetstream")
            }
            let fileServer =
                demo.store == nil ? try await startFileServer(scratch.path + "/files") : nil
            return DemoEnvironment(
                demo, natsServer: natsServer, fileServer: fileServer, scratch: scratch)
        } catch {
            await natsServer?.stop()
            scratch.remove()
            throw error
        }
    }

    private static func startFileServer(
        _ directory: String
    ) async throws(CommandFailure) -> FileServer {
        do throws(FileServerError) {
            return try await FileServer.start(FileServerOptions(directory: directory))
        } catch {
            throw CommandFailure(
                .other, code: error.code, stage: "start", target: directory,
                detail: error.detail)
        }
    }

    /// Stops what was started, and removes what was stored.
    func stop() async {
        await natsServer?.stop()
        await fileServer?.stop()
        scratch.remove()
    }

    /// Requests that the file server has seen so far; nil when it is not ours.
    var fileServerRequests: Int? { fileServer?.counters.requests }

    /// The flow whose trace is shown at the end.
    var shownFlow: String? { flow.withLock { $0?.correlationID } }

    /// Chooses the flow whose trace is shown at the end: the last one, or one that is preferred.
    func show(flow correlationID: String, isPreferred: Bool = false) {
        flow.withLock { flow in
            if isPreferred || flow?.isPreferred != true { flow = (correlationID, isPreferred) }
        }
    }

    /// Connects one service of a scenario, each with a connection and a trace of its own.
    func peer(_ name: String) async throws -> DemoPeer {
        try await DemoPeer.connect(name, server: server, store: store) { [trace] event in
            trace.note(event, side: name)
        }
    }
}
