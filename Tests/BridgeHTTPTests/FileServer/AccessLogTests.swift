import BridgeBytes
import BridgeHTTP
import BridgeJSON
import BridgeSockets
import Glibc
import HTTPWire
import TestKit
import Testing

/// What an operator sees: the log, the health, the metrics (failures.md H3, I1, I2).
@Suite(.patient) struct AccessLogTests {
    private static let id = "00112233445566778899aabbccddeeff"

    @Test func `every request is told once, without what gives access`() async throws {
        let log = LogCollector()
        try await RunningServer.with {
            $0.log = log.sink
        } _: { running in
            try await running.client { client throws in
                let path = "/f/\(Self.id)/a.txt"
                let put = try client.request(
                    "PUT", path,
                    fields: ["X-Correlation-ID: flow-1", "X-UploadToken: 0123456789abcdef"],
                    body: [1, 2, 3])
                #expect(put.status == 201)
                _ = try client.request("GET", "\(path)?sig=secret")
                _ = try client.request("GET", "/nowhere/\u{7f}")
            }
            await running.server.drain()
            let events = log.events()
            try #require(events.count == 3)
            #expect(events[0].message == "PUT /f/00112233…/a.txt: 201")
            #expect(events[0].correlationID == "flow-1" && events[0].level == .info)
            let fields = Dictionary(
                uniqueKeysWithValues: events[0].fields.map { ($0.name, $0.value) })
            #expect(fields["client"] == "127.0.0.1" && fields["received"] == "3")
            #expect(fields["status"] == "201" && fields["outcome"] == nil)
            #expect(events[1].message == "GET /f/00112233…/a.txt: 200")
            let text = events.map(\.description).joined(separator: "\n")
            for secret in [Self.id, "0123456789abcdef", "sig=secret"] {
                #expect(!text.contains(secret))
            }
        }
    }

    @Test func `an answer that is cut off is told as such`() async throws {
        let log = LogCollector()
        try await RunningServer.with {
            $0.log = log.sink
        } _: { running in
            try await running.client { client throws in
                client.send("PUT /f/\(Self.id)/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n")
                client.send("Expect: 100-continue\r\n\r\n")
                #expect(try client.interim() == 100)
                client.resetOnClose()
            }
            await running.server.drain()
            let event = try #require(log.events().first)
            #expect(event.message == "PUT /f/00112233…/x: no answer")
            #expect(event.fields.contains(LogEvent.Field("outcome", "cut")))
        }
    }

    @Test(arguments: [
        ("/f/00112233445566778899aabbccddeeff/x?a=b", "/f/00112233…/x"),
        ("/file/0123456789abcdef/fedcba9876543210/n.bin", "/file/01234567…/fedcba98…/n.bin"),
        ("/healthz#x", "/healthz"), ("", ""), ("*", "*"),
    ])
    func `targets are shown without identifiers`(target: String, shown: String) {
        #expect(AccessLog.shown(target) == shown)
    }

    @Test(arguments: [
        (SystemCall.fileWrite, EIO, "write"), (.fileWrite, ENOSPC, "room"),
        (.unlink, EIO, "delete"), (.fileRead, EIO, "read"),
    ])
    func `readiness names the step that failed`(
        call: SystemCall, number: Int32, step: String
    ) async throws {
        let isBroken = Flag()
        try await RunningServer.with { options in
            options.systemCalls = SystemCalls { made, _ in
                made == call && isBroken.isSet ? .refused(number) : .made
            }
        } _: { running in
            try await running.client { client throws in
                #expect(try client.request("GET", "/readyz").status == 200)
                isBroken.set(true)
                let answer = try client.request("GET", "/readyz")
                #expect(answer.status == 503 && answer.fields["Retry-After"] == "10")
                let json = try JSONValue(parsing: Bytes(answer.body))
                #expect(json["failed"]?.stringValue == step)
                isBroken.set(false)
                #expect(try client.request("GET", "/readyz").status == 200)
            }
        }
    }

    @Test func `a server whose folder was taken away is not ready`() async throws {
        try await RunningServer.with { running in
            let folder = running.folder
            try await running.client { client throws in
                unsafe _ = rename(folder.file("store"), folder.file("moved"))
                let answer = try client.request("GET", "/readyz")
                #expect(answer.status == 503)
                let json = try JSONValue(parsing: Bytes(answer.body))
                #expect(json["failed"]?.stringValue == "lock")
                #expect(try client.request("GET", "/healthz").status == 200)
                unsafe _ = rename(folder.file("moved"), folder.file("store"))
            }
        }
    }
}
