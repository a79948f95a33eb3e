import BridgeBytes
import BridgeHTTP
import Foundation
import TestKit
import Testing

/// An independent client over real sockets.
@Suite(.enabled(if: Curl.isPresent, "no curl on this machine")) struct CurlTests {
    @Test func `curl puts, resumes and gets`() async throws {
        try await RunningServer.with { running in
            var generator = SeededGenerator("curl")
            let content = Bytes(generator.bytes(3_000_000))
            let (source, target) = (running.folder.file("in"), running.folder.file("out"))
            try TestFile.write(content, to: source)
            let url = "\(running.server.baseURL)/f/\(TestID.of(1))/x"
            // Large uploads make curl ask with Expect: 100-continue.
            #expect(try await Curl.status("-T", source, url) == "201")
            #expect(
                try await Curl.status(
                    "-T", source, "-H", "Transfer-Encoding: chunked",
                    "\(running.server.baseURL)/f/\(TestID.of(2))/x") == "201")
            try TestFile.write(content[0..<1_000_000], to: target)
            #expect(try await Curl.status("-C", "-", "-o", target, url) == "206")
            #expect(try TestFile.bytes(target) == content)
            #expect(try await Curl.status("-o", target, url) == "200")
            #expect(try TestFile.bytes(target) == content)
            #expect(try await Curl.status("-I", url) == "200")
        }
    }

    @Test func `curl sends a form as the peers do`() async throws {
        try await RunningServer.with { running in
            let base = running.server.baseURL
            let source = running.folder.file("in.bin")
            var generator = SeededGenerator("curl form")
            let content = Bytes(generator.bytes(2_000_000))
            try TestFile.write(content, to: source)
            let created = try await Curl.run(
                "-X", "POST", "-d", "{\"OneShot\":true}", "\(base)/upload")
            let upload = try #require(
                JSONSerialization.jsonObject(with: Data(created)) as? [String: Any])
            let id = try #require(upload["id"] as? String)
            let token = try #require(upload["uploadToken"] as? String)
            let added = try await Curl.run(
                "-H", "X-UploadToken: \(token)", "-F", "file=@\(source)", "\(base)/file/\(id)")
            let file = try #require(
                JSONSerialization.jsonObject(with: Data(added)) as? [String: Any])
            #expect(file["fileName"] as? String == "in.bin")
            #expect(file["fileSize"] as? Int == content.count)
            let fileID = try #require(file["id"] as? String)
            let url = "\(base)/file/\(id)/\(fileID)/in.bin"
            #expect(try await Curl.run(url) == Array(content))
            #expect(try await Curl.status(url) == "404")
        }
    }
}

/// Runs the system's curl.
enum Curl {
    private static let path = "/usr/bin/curl"
    static var isPresent: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// The status of the last answer; the body is dropped unless `-o` is among the arguments.
    static func status(_ arguments: String...) async throws -> String {
        let target = arguments.contains("-o") ? [] : ["-o", "/dev/null"]
        let output = try await run(
            arguments + target + ["-w", "%{stderr}%{http_code}"], wantsError: true)
        return String(decoding: output, as: UTF8.self)
    }

    static func run(_ arguments: String...) async throws -> [UInt8] {
        try await run(arguments, wantsError: false)
    }

    private static func run(_ arguments: [String], wantsError: Bool) async throws -> [UInt8] {
        let pipe = SpawnedProcess.pipe()
        let end = pipe.fileHandleForWriting
        let process = try SpawnedProcess(
            path, ["-s", "--noproxy", "*", "-m", "120"] + arguments,
            output: wantsError ? nil : end, errors: wantsError ? end : nil)
        try end.close()
        let data = await onThread { pipe.fileHandleForReading.readDataToEndOfFile() }
        await process.end()
        return [UInt8](data)
    }
}
