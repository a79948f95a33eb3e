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

    /// Eight ports a fixture, below those that systems give away.
    private static let next = Mutex(Int.random(in: 0..<2000))

    /// `http://host:port`
    package let endpoint: String
    private let directory: TemporaryDirectory
    private let process: ChildProcess

    private init(endpoint: String, directory: TemporaryDirectory, process: ChildProcess) {
        self.endpoint = endpoint
        self.directory = directory
        self.process = process
    }

    /// Starts an engine, and waits until it answers.
    package static func start() async throws -> SeaweedFixture {
        guard let binary else { throw FixtureError(absence) }
        let directory = try TemporaryDirectory()
        let host = LoopbackAddress.unused()
        let first = next.withLock { next in
            next = (next + 1) % 2000
            return 16_000 + next * 8
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
        let process = try await ChildProcess("/usr/bin/env", arguments)
        let ready = try await process.log.first { $0.contains("Start Seaweed S3 API Server") }
        guard ready != nil else {
            throw FixtureError("the S3 engine ended:\n\(process.log.lines.suffix(5))")
        }
        return SeaweedFixture(
            endpoint: "http://\(host):\(first + 7)", directory: directory, process: process)
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
    package func stop() async throws { try await process.kill() }
}
