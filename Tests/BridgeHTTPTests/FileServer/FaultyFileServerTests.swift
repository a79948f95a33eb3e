import BridgeBytes
import BridgeHTTP
import HTTPWire
import TestKit
import Testing

/// A file server whose disk and sockets fail, and a client whose sockets do.
///
/// The promise: who is told 201 finds exactly those bytes afterwards. Who is told anything else
/// got a status or a typed error, and finds those bytes or nothing. A download that succeeds is
/// right. When the faults are over the server serves as before, its own figures are true, nothing
/// half written is left after a sweep, and no descriptor after its end (failures.md B7).
@Suite(.patient) struct FaultyFileServerTests {
    /// What became of one upload.
    private struct Upload {
        let url: HTTPURL
        let content: Bytes
        var isConfirmed = false
    }

    private static func options(_ faults: FaultySystemCalls?) -> HTTPClientOptions {
        var options = HTTPClientOptions()
        options.idleTimeout = .seconds(30)
        options.firstByteTimeout = .seconds(30)
        if let faults { options.systemCalls = faults.calls }
        return options
    }

    /// Sends a request and takes its answer whole; nil when a typed error was thrown.
    private static func answer(
        _ client: HTTPClient, _ method: String, _ url: HTTPURL, _ body: HTTPBody = .none
    ) async -> (status: Int, body: Bytes)? {
        do throws(HTTPError) {
            let response = try await client.send(HTTPRequest(method, url), body: body)
            return (response.status, try await response.collect(limit: 8 << 20))
        } catch {
            // Nothing waits for a time to pass: whoever loses a connection is told at once.
            #expect(error.code != .timeout)
            return nil
        }
    }

    private static func upload(
        _ number: Int, to running: RunningServer, _ client: HTTPClient,
        _ generator: inout SeededGenerator
    ) async throws -> Upload {
        let limit = [100, 40_000, 900_000].randomElement(using: &generator) ?? 0
        let content = Bytes(generator.bytes(Int.random(in: 0...limit, using: &generator)))
        let url = try HTTPURL("\(running.server.baseURL)/f/\(TestID.of(number))/x")
        let body: HTTPBody =
            Bool.random(using: &generator)
            ? .segments(Segments(content))
            : .stream(
                AsyncStream { pieces in
                    for start in stride(from: 0, to: content.count, by: 7_000) {
                        pieces.yield(content[start..<min(start + 7_000, content.count)])
                    }
                    pieces.finish()
                })
        let answer = await answer(client, "PUT", url, body)
        var upload = Upload(url: url, content: content)
        upload.isConfirmed = answer?.status == 201
        if Bool.random(using: &generator), let got = await Self.answer(client, "GET", url) {
            if got.status == 200 { #expect(got.body == content) }
            #expect(got.status != 404 || !upload.isConfirmed)
        }
        return upload
    }

    /// What a client without faults finds.
    private static func check(
        _ uploads: [Upload], _ client: HTTPClient, _ place: Comment
    ) async throws {
        for upload in uploads {
            let found = try #require(await answer(client, "GET", upload.url), place)
            #expect(found.status == (upload.isConfirmed ? 200 : found.status), place)
            #expect(found.status == 200 || found.status == 404, place)
            if found.status == 200 { #expect(found.body == upload.content, place) }
        }
    }

    @Test(arguments: 0..<40)
    func `what is confirmed is stored, whatever fails`(run: Int) async throws {
        var generator = SeededGenerator("faulty file server \(run)")
        let faults = FaultySystemCalls(using: &generator, other: 10...80)
        let clientFaults =
            Bool.random(using: &generator) ? FaultySystemCalls(using: &generator) : nil
        let running = try await RunningServer {
            $0.systemCalls = faults.calls
            $0.isDurable = true
            $0.headTimeout = .seconds(30)
            $0.idleTimeout = .seconds(30)
        }
        let place: Comment = "run \(run) with \(faults.kinds)"
        let client = try HTTPClient(Self.options(clientFaults))
        let honest = try HTTPClient()
        faults.arm()
        clientFaults?.arm()
        var uploads: [Upload] = []
        for number in 0..<8 {
            uploads.append(try await Self.upload(number, to: running, client, &generator))
        }
        faults.disarm()
        clientFaults?.disarm()
        if faults.wasHarmless, clientFaults?.wasHarmless ?? true {
            #expect(uploads.allSatisfy { $0.isConfirmed }, place)
        }
        try await Self.check(uploads, honest, place)
        let next = try await Self.upload(100, to: running, honest, &generator)
        #expect(next.isConfirmed, place)
        client.close()
        honest.close()
        await running.server.sweep()
        let stored = running.server.stored
        await running.server.stop()
        await running.server.sweep()
        #expect(await running.leavesNoParts(), place)
        #expect(stored.files == running.objectFiles.count, "\(place), met \(faults.met)")
        let (folder, port) = (running.folder.file("store"), running.port)
        try await within("the end of all descriptors, \(place)") {
            while OpenDescriptors.count(below: folder, port: port) > 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }
}
