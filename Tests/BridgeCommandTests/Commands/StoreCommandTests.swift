import BridgeBytes
import BridgeJSON
import TestKit
import Testing

/// Stores by their URLs, from the command line, both ways.
@Suite(
    .patient, .needsNATSServer, .needsS3Engine,
    .enabled(if: CommandRun.executable != nil, "not built"))
struct StoreCommandTests {
    private static let keys = [
        "AWS_ACCESS_KEY_ID": SeaweedFixture.accessKeyID,
        "AWS_SECRET_ACCESS_KEY": SeaweedFixture.secretAccessKey,
    ]

    @Test func `all types of payloads go through S3`() async throws {
        let executable = try #require(CommandRun.executable)
        let folder = try TemporaryDirectory()
        try TestFile.write(Bytes([0xFF, 0xD8, 0xFF, 0]), to: folder.file("i.jpg"))
        try await SeaweedFixture.run { engine in
            try await NATSServerFixture.run { nats in
                let options = [
                    "--server", nats.url, "--store", "s3://bridge/p?endpoint=\(engine.endpoint)",
                    "--json",
                ]
                // The receiver has no keys.
                let receiver = try await TestProcess(
                    executable, ["receive", "lab.x", "--count", "1"] + options)
                try await receiver.untilListening()
                let file = "@" + folder.file("i.jpg")
                let sent = try await CommandRun.run(
                    [
                        "send", "lab.x", "note:text=hello", #"cfg:dictionary={"a":[1,2.50]}"#,
                        "rows:jsontable=[{\"x\":1}]",
                        "t:arrowtable=@" + PackageRoot.file("Fixtures/arrow/integers.arrows"),
                        "i:image=\(file)", "s:audio=\(file)", "v:video=\(file)", "b:binary=\(file)",
                        "--threshold", "1",
                    ] + options, variables: Self.keys)
                #expect(sent.status == 0, "\(sent.errors)")
                let line = try #require(try await receiver.output().first)
                let payloads = try #require(line["payloads"]?.arrayValue)
                #expect(payloads.count == 8)
                #expect(payloads.allSatisfy { $0["transport"] == "link" && $0["error"] == nil })
                #expect(payloads[0]["value"] == "hello")
                #expect(payloads[1]["value"]?.description == #"{"a":[1,2.50]}"#)
                #expect(payloads[7]["size"] == 4)
                let stranger = try await CommandRun.run(
                    ["send", "lab.x", "note:text=hello", "--threshold", "1"] + options,
                    variables: Self.keys.merging(["AWS_SECRET_ACCESS_KEY": "hush"]) { $1 })
                #expect(stranger.status == 3 && stranger.errors.contains("authorization_failed"))
                #expect(!stranger.errors.contains("hush"))
            }
        }
    }

    @Test func `payloads go through JetStream's object store`() async throws {
        let executable = try #require(CommandRun.executable)
        try await NATSServerFixture.run { nats in
            let made = try await CommandRun.run(["object", "add", "FILES", "--server", nats.url])
            #expect(made.status == 0, "\(made.errors)")
            let options = ["--server", nats.url, "--store", "nats-object://FILES", "--json"]
            let receiver = try await TestProcess(
                executable, ["receive", "lab.x", "--count", "1"] + options)
            try await receiver.untilListening()
            let sent = try await CommandRun.run(
                ["send", "lab.x", "note:text=hello", "--threshold", "1"] + options)
            #expect(sent.status == 0, "\(sent.errors)")
            let payloads = try await receiver.output().first?["payloads"]?.arrayValue
            #expect(payloads?.first?["transport"] == "link")
            #expect(payloads?.first?["value"] == "hello")
            let none = try await CommandRun.run(
                ["send", "lab.x", "note:text=hello", "--store", "nats-object://NONE"]
                    + ["--server", nats.url])
            #expect(none.status == 4 && none.errors.contains("object_store_not_found"))
        }
    }

    @Test func `payloads go through a shared folder`() async throws {
        let executable = try #require(CommandRun.executable)
        let folder = try TemporaryDirectory()
        try await NATSServerFixture.run { nats in
            let options = ["--server", nats.url, "--store", "file://\(folder.path)", "--json"]
            let receiver = try await TestProcess(
                executable, ["receive", "lab.x", "--count", "1"] + options)
            try await receiver.untilListening()
            let sent = try await CommandRun.run(
                ["send", "lab.x", "note:text=hello", "--threshold", "1"] + options)
            #expect(sent.status == 0, "\(sent.errors)")
            let payloads = try await receiver.output().first?["payloads"]?.arrayValue
            #expect(payloads?.first?["transport"] == "link")
            #expect(payloads?.first?["value"] == "hello")
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
