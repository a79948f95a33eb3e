import Foundation
import Synchronization

/// A real S3 engine on a loopback address of its own, with its data in a temporary folder. It
/// verifies signatures, and makes a bucket when something is put into it.
///
/// The binary is looked for in `.tools/venv/bin`, where `make setup` puts it. Its name for local
/// sockets is made of its ports, so that each fixture has ports of its own, too.
package final class SeaweedFixture: Sendable {
    package static let binary: String? = {
        let candidates = [
            Environment.executable(named: "weed"), PackageRoot.file(".tools/venv/bin/weed"),
        ]
        return candidates.compactMap { $0 }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    package static var isPresent: Bool { binary != nil }
    /// Why tests that need it are skipped.
    package static let absence = "no S3 engine: run `make setup`"

    /// The keys that it knows.
    package static let accessKeyID = "AKIAIOSFODNN7EXAMPLE"
    package static let secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

    /// Sixteen ports a fixture, below those that systems give away.
    private static let next = Mutex(Int.random(in: 0..<1000))

    package let host: String
    private let firstPort: Int
    private let directory: TemporaryDirectory
    private let process: ChildProcess
    /// The volume servers that are processes of their own, by their numbers.
    private let volumes = Mutex<[Int: ChildProcess]>([:])

    private init(
        host: String, firstPort: Int, directory: TemporaryDirectory, process: ChildProcess
    ) {
        self.host = host
        self.firstPort = firstPort
        self.directory = directory
        self.process = process
    }

    /// The port of its S3.
    package var port: Int { firstPort + 7 }
    /// `http://host:port`
    package var endpoint: String { "http://\(host):\(port)" }
    /// Where the names of all buckets can be listed.
    package var filer: String { "http://\(host):\(firstPort + 4)" }

    /// Starts an engine, and waits until it answers.
    /// - Parameter volumeServers: How many keep the data as processes of their own, each object at
    ///   two of them; 0: the engine itself, once.
    package static func start(volumeServers: Int = 0) async throws -> SeaweedFixture {
        precondition(volumeServers <= 4, "there are ports for four")
        guard let binary else { throw FixtureError(absence) }
        let directory = try TemporaryDirectory()
        let host = LoopbackAddress.unused()
        let first = next.withLock { next in
            next = (next + 1) % 1000
            return 16_000 + next * 16
        }
        try TestFile.write(
            """
            {"identities":[{"name":"t","credentials":[{"accessKey":"\(accessKeyID)",
            "secretKey":"\(secretAccessKey)"}],"actions":["Admin","Read","Write","List"]}]}
            """, to: directory.file("s3.json"))
        try FileManager.default.createDirectory(
            atPath: directory.file("data"), withIntermediateDirectories: true)
        var arguments = [
            "HOME=\(directory.path)", binary, "-logtostderr", "server", "-ip=\(host)",
            "-ip.bind=\(host)", "-dir=\(directory.file("data"))", "-filer", "-s3",
            "-s3.config=\(directory.file("s3.json"))", "-s3.port.iceberg=0", "-s3.port.lance=0",
            "-s3.iam=false", "-s3.autoCreateBucket", "-master.volumeSizeLimitMB=64",
            "-volume.max=40", "-master.telemetry=false",
        ]
        let names = [
            "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port",
            "filer.port.grpc", "s3.port.grpc", "s3.port",
        ]
        for (offset, name) in names.enumerated() { arguments.append("-\(name)=\(first + offset)") }
        if volumeServers > 0 {
            arguments += ["-volume=false", "-master.defaultReplication=001"]
        }
        let process = try await ChildProcess("/usr/bin/env", arguments)
        let ready = try await process.log.first { $0.contains("Start Seaweed S3 API Server") }
        guard ready != nil else {
            throw FixtureError("the S3 engine ended:\n\(process.log.lines.suffix(5))")
        }
        let engine = SeaweedFixture(
            host: host, firstPort: first, directory: directory, process: process)
        for number in 0..<volumeServers { try await engine.startVolume(number) }
        return engine
    }

    /// Starts a volume server, for the first time or again on what it holds. It has told the engine
    /// of itself some time later.
    package func startVolume(_ number: Int) async throws {
        guard let binary = Self.binary else { throw FixtureError(Self.absence) }
        let folder = directory.file("volume\(number)")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let ports = firstPort + 8 + 2 * number
        let started = try await ChildProcess(
            "/usr/bin/env",
            [
                "HOME=\(directory.path)", binary, "-logtostderr", "volume",
                "-master=\(host):\(firstPort).\(firstPort + 1)", "-ip=\(host)",
                "-ip.bind=\(host)", "-port=\(ports)", "-port.grpc=\(ports + 1)",
                "-dir=\(folder)", "-max=40",
            ])
        volumes.withLock { $0[number] = started }
    }

    /// Ends a volume server without a chance to say anything.
    package func killVolume(_ number: Int) async throws {
        try await volumes.withLock { $0.removeValue(forKey: number) }?.kill()
    }

    /// Runs an engine for as long as the body does.
    package static func run<Result>(
        _ body: (SeaweedFixture) async throws -> Result
    ) async throws -> Result {
        let engine = try await start()
        do {
            let result = try await body(engine)
            try await engine.stop()
            return result
        } catch {
            try? await engine.stop()
            throw error
        }
    }

    /// Ends it. Nothing is worth keeping.
    package func stop() async throws {
        for volume in volumes.withLock({ $0.values.map { $0 } }) { try? await volume.kill() }
        try await process.kill()
    }
}
