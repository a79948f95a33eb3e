import BridgeBytes
import BridgeClaims
import BridgeHTTP
import BridgeJSON
import Foundation
import HTTPWire
import NATSBridge
import NATSCore
import Synchronization
import TestKit

/// The stores of a soak: an S3 engine of three volume servers, nginx, JetStream's objects, and two
/// gateways before the engine. A proxy stands on the way to each, and nobody else is disturbed.
final class StoreStage: Sendable {
    static let volumeCount = 3
    static let bucket = "PAYLOADS"

    let clock = SoakClock()
    let nats: NATSServerFixture
    let engine: SeaweedFixture
    let dav: DAVServer
    let witness: SoakWitness
    private let s3Proxy: FaultProxy
    private let davProxy: FaultProxy
    private let gatewayProxy: FaultProxy
    private let gateways = Mutex<[Gateway]>([])
    private let faults = Mutex<[String]>([])

    private struct Gateway: Sendable {
        let process: ChildProcess
        let port: Int
    }

    private init(_ nats: NATSServerFixture, _ engine: SeaweedFixture, _ dav: DAVServer) throws {
        (self.nats, self.engine, self.dav) = (nats, engine, dav)
        witness = try SoakWitness()
        s3Proxy = try FaultProxy(to: engine.port, host: engine.host)
        davProxy = try FaultProxy(to: dav.port, host: dav.host)
        gatewayProxy = try FaultProxy(to: 1)
    }

    /// Sets the stage, runs the body on it, and clears it.
    static func run<Result>(_ body: (StoreStage) async throws -> Result) async throws -> Result {
        try await NATSServerFixture.run(jetStream: true) { nats in
            let engine = try await SeaweedFixture.start(volumeServers: volumeCount)
            var outcome: Swift.Result<Result, any Error> = .failure(CancellationError())
            do {
                try await DAVServer.run { dav in
                    let stage = try StoreStage(nats, engine, dav)
                    do {
                        try await stage.open()
                        outcome = .success(try await body(stage))
                    } catch {
                        outcome = .failure(error)
                    }
                    await stage.close()
                }
            } catch {
                outcome = .failure(error)
            }
            try? await engine.stop()
            return try outcome.get()
        }
    }

    private func open() async throws {
        try await witness.connect(0, at: nats.url)
        try await witness.makeStream(replicas: 1)
        let folder = try TemporaryDirectory()
        let made = try await SoakProgram.run(
            ["object", "add", Self.bucket, "--server", nats.url], in: folder)
        guard made.status == 0 else { throw FixtureError("no bucket: \(made.output)") }
        // The engine takes objects when its volume servers have told it of themselves.
        let isReady = await Pace.until(.seconds(60)) { (try? await self.takesObjects()) ?? false }
        guard isReady else { throw FixtureError("the S3 engine takes nothing") }
        for _ in 0..<2 { try await startGateway() }
    }

    private func takesObjects() async throws -> Bool {
        let store = try store(.s3, retry: .once)
        let claim = try await store.upload(
            ClaimContent(name: "ready", segments: [Bytes(utf8: "ready")]), correlationID: "")
        try await store.delete(claim, correlationID: "")
        return true
    }

    private func close() async {
        await witness.stop()
        for gateway in gateways.withLock({ $0 }) { try? await gateway.process.kill() }
    }

    private func startGateway() async throws {
        guard let executable = SoakProgram.executable else {
            throw FixtureError(SoakProgram.absence)
        }
        let process = try await ChildProcess(
            "/usr/bin/env",
            [
                "AWS_ACCESS_KEY_ID=\(SeaweedFixture.accessKeyID)",
                "AWS_SECRET_ACCESS_KEY=\(SeaweedFixture.secretAccessKey)", executable,
                "serve", "--backend", "s3://bridge/gate?endpoint=\(engine.endpoint)", "--port", "0",
                "--public-url", "http://127.0.0.1:\(gatewayProxy.port)", "--json",
            ])
        let line = try await process.log.first { $0.hasPrefix("{") }
        let value = try line.map { try JSONValue(parsing: Bytes(utf8: $0.text)) }
        guard let port = value?["port"]?.intValue else {
            throw FixtureError("the gateway did not start: \(process.log.lines)")
        }
        let first = gateways.withLock { gateways in
            gateways.append(Gateway(process: process, port: port))
            return gateways[0]
        }
        gatewayProxy.retarget(to: first.port)
    }

    // MARK: - Clients

    private func store(
        _ kind: StoreLane.Kind, retry: RetryPolicy
    ) throws -> any ClaimStore {
        var http = HTTPClientOptions()
        http.connectTimeout = .seconds(2)
        http.firstByteTimeout = .seconds(3)
        http.idleTimeout = .seconds(3)
        var settings = StoreAddress.Settings()
        settings.client = try HTTPClient(http)
        settings.retry = retry
        switch kind {
        case .s3, .expiring:
            guard
                let pair = S3Credentials(
                    accessKeyID: SeaweedFixture.accessKeyID,
                    secretAccessKey: SeaweedFixture.secretAccessKey)
            else { throw FixtureError("no keys") }
            settings.credentials = .fixed(pair)
            return try StoreAddress(
                "s3://bridge/\(kind)?endpoint=http://127.0.0.1:\(s3Proxy.port)"
            ).store(settings)
        case .dav:
            return try StoreAddress("dav+http://127.0.0.1:\(davProxy.port)").store(settings)
        case .gateway, .objects:
            return try StoreAddress("http://127.0.0.1:\(gatewayProxy.port)").store(settings)
        }
    }

    func bridge(_ kind: StoreLane.Kind) async throws -> Bridge {
        let retry = RetryPolicy(
            maxRetries: 3, baseDelay: .milliseconds(50), maxDelay: .milliseconds(500))
        var options = BridgeOptions(client: NATSClientOptions(servers: [nats.url]))
        options.retry = retry
        options.threshold = SoakContent.threshold
        options.timeToLive = kind == .expiring ? StoreLane.shortLife : StoreLane.longLife
        if kind == .objects {
            return try await Bridge.connect(
                options, store: try StoreAddress("nats-object://\(Self.bucket)"))
        }
        options.store = try store(kind, retry: retry)
        return try await Bridge.connect(options)
    }

    /// What becomes of a download by a link that has expired: the code.
    func download(_ url: String, of kind: StoreLane.Kind) async throws -> ErrorCode? {
        let store = try store(kind, retry: .once)
        do throws(ClaimError) {
            _ = try await store.download(ClaimDownload(url: url, retry: .once))
            return nil
        } catch {
            return error.code
        }
    }

    // MARK: - Faults

    /// The faults that were begun, with their times, in order.
    var played: [String] { faults.withLock { $0 } }

    func play(_ fault: StoreFault) async throws {
        faults.withLock { $0.append("at \(clock.now): \(fault)") }
        switch fault.kind {
        case .killVolume:
            try await engine.killVolume(fault.number)
            await Pace.pause(fault.length)
            try await engine.startVolume(fault.number)
        case .killGateway:
            let (dead, next) = gateways.withLock { ($0.removeFirst(), $0[0]) }
            try await dead.process.kill()
            gatewayProxy.retarget(to: next.port)
            await Pace.pause(fault.length)
            try await startGateway()
        case .fullBucket:
            try await witness.limit("OBJ_\(Self.bucket)", isFull: true)
            await Pace.pause(fault.length)
            try await witness.limit("OBJ_\(Self.bucket)", isFull: false)
        case .cutStore, .deadStore: await bend(proxy(fault.store), fault)
        }
        await Pace.pause(fault.pause)
    }

    private func proxy(_ kind: StoreLane.Kind) -> FaultProxy {
        switch kind {
        case .s3, .expiring: s3Proxy
        case .dav: davProxy
        case .gateway, .objects: gatewayProxy
        }
    }

    private func bend(_ proxy: FaultProxy, _ fault: StoreFault) async {
        if fault.kind == .deadStore {
            proxy.set(.with { $0.swallows = true }, .toClient)
        } else {
            for direction in FlowDirection.allCases {
                proxy.set(
                    .with {
                        $0.limit = fault.cut
                        $0.ending = .reset
                    }, direction)
            }
        }
        await Pace.pause(fault.length)
        // What was swallowed does not come any more: the connection is no use.
        if fault.kind == .deadStore { proxy.end(.reset) }
        proxy.clear()
    }
}
