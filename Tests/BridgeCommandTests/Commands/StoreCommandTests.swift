import BridgeBytes
import BridgeJSON
import Foundation
import TestKit
import Testing

/// Stores by their URLs, from the command line, both ways.
@Suite(
    .patient, .needsNATSServer,
    .enabled(if: CommandRun.executable != nil, "not built"))
struct StoreCommandTests {
    private static let keys = [
        "AWS_ACCESS_KEY_ID": SeaweedFixture.accessKeyID,
        "AWS_SECRET_ACCESS_KEY": SeaweedFixture.secretAccessKey,
    ]

    /// Sends a payload of each type by link, and compares what `receive` prints.
    private static func sendsAllTypes(
        through store: String, _ nats: NATSServerFixture, sender: [String: String] = [:]
    ) async throws {
        let executable = try #require(CommandRun.executable)
        let folder = try TemporaryDirectory()
        try TestFile.write(Bytes([0xFF, 0xD8, 0xFF, 0]), to: folder.file("i.jpg"))
        let options = ["--server", nats.url, "--store", store, "--json"]
        // The receiver has no secrets of the store.
        let process = try await TestProcess(
            executable, ["receive", "lab.x", "--count", "1"] + options)
        try await process.untilListening()
        let file = "@" + folder.file("i.jpg")
        let sent = try await CommandRun.run(
            [
                "send", "lab.x", "note:text=hello", #"cfg:dictionary={"a":[1,2.50]}"#,
                "rows:jsontable=[{\"x\":1}]",
                "t:arrowtable=@" + PackageRoot.file("Fixtures/arrow/integers.arrows"),
                "i:image=\(file)", "s:audio=\(file)", "v:video=\(file)", "b:binary=\(file)",
                "--threshold", "1",
            ] + options, variables: sender)
        #expect(sent.status == 0, "\(store): \(sent.errors)")
        let line = try #require(try await process.output().first)
        let payloads = try #require(line["payloads"]?.arrayValue)
        #expect(payloads.count == 8, "\(store)")
        #expect(
            payloads.allSatisfy { $0["transport"] == "link" && $0["error"] == nil }, "\(store)")
        guard payloads.count == 8 else { return }
        #expect(payloads[0]["value"] == "hello")
        #expect(payloads[1]["value"]?.description == #"{"a":[1,2.50]}"#)
        #expect(payloads[4...].allSatisfy { $0["value"] == "/9j/AA==" && $0["size"] == 4 })
    }

    @Test(.needsS3Engine) func `all types of payloads go through S3`() async throws {
        try await SeaweedFixture.run { engine in
            try await NATSServerFixture.run { nats in
                let store = "s3://bridge/p?endpoint=\(engine.endpoint)"
                try await Self.sendsAllTypes(through: store, nats, sender: Self.keys)
                let stranger = try await CommandRun.run(
                    ["send", "lab.x", "note:text=hello", "--threshold", "1", "--store", store]
                        + ["--server", nats.url],
                    variables: Self.keys.merging(["AWS_SECRET_ACCESS_KEY": "hush"]) { $1 })
                #expect(stranger.status == 3 && stranger.errors.contains("authorization_failed"))
                #expect(!stranger.errors.contains("hush"))
            }
        }
    }

    @Test func `all types of payloads go through JetStream's object store`() async throws {
        try await NATSServerFixture.run { nats in
            let made = try await CommandRun.run(["object", "add", "FILES", "--server", nats.url])
            #expect(made.status == 0, "\(made.errors)")
            try await Self.sendsAllTypes(through: "nats-object://FILES", nats)
            let none = try await CommandRun.run(
                ["send", "lab.x", "note:text=hello", "--store", "nats-object://NONE"]
                    + ["--server", nats.url])
            #expect(none.status == 4 && none.errors.contains("object_store_not_found"))
        }
    }

    @Test func `all types of payloads go through a shared folder`() async throws {
        let folder = try TemporaryDirectory()
        try await NATSServerFixture.run(jetStream: false) { nats in
            try await Self.sendsAllTypes(through: "file://\(folder.path)", nats)
        }
    }

    @Test func `all types of payloads go through the file server, as Plik too`() async throws {
        try await CommandStage.run { stage in
            for scheme in ["", "plik+"] {
                try await Self.sendsAllTypes(through: scheme + stage.store, stage.nats)
            }
        }
    }

    @Test func `all types of payloads go through a gateway`() async throws {
        let executable = try #require(CommandRun.executable)
        let folder = try TemporaryDirectory()
        let gateway = try await ChildProcess(
            executable, ["serve", "--port", "0", "--backend", "file://\(folder.path)"])
        let url = try #require(try await gateway.log.first { $0.hasPrefix("http://") })
        try await NATSServerFixture.run(jetStream: false) { nats in
            try await Self.sendsAllTypes(through: url.text, nats)
        }
        try await gateway.stop()
    }

    @Test(.enabled(if: DAVServer.path != nil, "no nginx on this machine"))
    func `all types of payloads go through WebDAV`() async throws {
        try await DAVServer.run { server in
            try FileManager.default.createDirectory(
                atPath: server.file("guarded"), withIntermediateDirectories: true)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o777], ofItemAtPath: server.file("guarded"))
            try await NATSServerFixture.run(jetStream: false) { nats in
                try await Self.sendsAllTypes(
                    through: "dav+\(server.url)/guarded", nats,
                    sender: ["NATSBRIDGE_STORE_TOKEN": "bob:hush word"])
            }
        }
    }

    @Test(arguments: [
        ("s3://bridge?regon=x", "regon"), ("s3://AKIA:hush@bridge", "AWS_ACCESS_KEY_ID"),
        ("ftp://h", "s3://"),
    ])
    func `what is no store is wrong usage`(store: String, mark: String) async throws {
        let run = try await CommandRun.run(["send", "x", "t:text=y", "--store", store])
        #expect(run.status == 2 && !run.errors.contains("hush"))
        #expect(mark == "regon" || run.errors.contains(mark))
    }
}
