import BridgeBytes
import BridgeHTTP
import Glibc
import HTTPWire
import TestKit
import Testing

/// Links that are out before their bytes.
@Suite(.patient) struct ArrivalTests {
    private static let path = "/f/\(TestID.of(77))/x"
    private static let token = "X-UploadToken: 0123456789abcdef"
    private static let size = 3_000_000

    private static let content: [UInt8] = {
        var generator = SeededGenerator(seed: 77)
        return generator.bytes(size)
    }()

    private static func announce(
        _ running: RunningServer, size: Int = size
    ) async throws -> RawClient.Answer {
        try await running.client {
            try $0.request(
                "POST", path, fields: [token, "Upload-Length: \(size)", "Content-Length: 0"])
        }
    }

    private static let putHead =
        "PUT \(path) HTTP/1.1\r\nHost: a\r\n\(token)\r\nContent-Length: \(size)\r\n\r\n"

    @Test func `early and late readers get all of it, and parts`() async throws {
        try await RunningServer.with { running in
            let announced = try await Self.announce(running)
            #expect(announced.status == 202)
            #expect(announced.fields["Location"]?.hasSuffix(Self.path) == true)
            let port = running.port
            let head = try await running.client { try $0.request("HEAD", Self.path) }
            #expect(head.status == 200 && head.fields["Content-Length"] == String(Self.size))
            #expect(head.fields["Upload-Complete"] == "?0")
            let tag = try #require(head.fields["ETag"])
            // Before the first byte.
            let early = Awaited.later { () -> [UInt8]? in
                try? await RawClient.run(port) { try $0.request("GET", Self.path).body }
            }
            let part = Awaited.later { () -> RawClient.Answer? in
                try? await RawClient.run(port) {
                    try $0.request(
                        "GET", Self.path,
                        fields: ["Range: bytes=1000-1999999", "If-Range: \(tag)"])
                }
            }
            try await running.client { client throws in
                client.send(Self.putHead)
                client.send(Array(Self.content[..<2_000_000]))
                // A part that has come is had while the rest has not.
                let whole = try #require(part())
                #expect(whole.status == 206)
                #expect(whole.body == Array(Self.content[1000..<2_000_000]))
                let late = Awaited.later { () -> [UInt8]? in
                    try? await RawClient.run(port) { try $0.request("GET", Self.path).body }
                }
                client.send(Array(Self.content[2_000_000...]))
                #expect(try client.answer(to: "PUT").status == 201)
                #expect(early() == Self.content)
                #expect(late() == Self.content)
            }
            let after = try await running.client { try $0.request("GET", Self.path) }
            #expect(after.body == Self.content && after.fields["ETag"] == tag)
            #expect(after.fields["Upload-Complete"] == nil)
        }
    }

    @Test func `an upload that is cut cuts its readers, and is gone after a while`() async throws {
        try await RunningServer.with { options in
            options.arrivalPatience = .seconds(3)
        } _: { running in
            #expect(try await Self.announce(running).status == 202)
            let port = running.port
            let reader = Awaited.later { () -> ErrorCode? in
                do {
                    _ = try await RawClient.run(port) { try $0.request("GET", Self.path) }
                    return nil
                } catch let error as HTTPWireError {
                    return error.code
                } catch { return .unavailable }
            }
            try await running.client { client throws in
                client.send(Self.putHead)
                client.send(Array(Self.content[..<1_000_000]))
            }
            #expect(await onThread { reader() } == .truncated)
            let isGone = await Pace.until(patience) {
                let answer = try? await running.client { try $0.request("GET", Self.path) }
                return answer?.status == 410 && answer?.fields["Upload-Aborted"] == "?1"
                    && answer?.text.contains("upload_aborted") == true
            }
            #expect(isGone)
            // Nothing brings it back.
            let again = try await running.client {
                try $0.request("PUT", Self.path, fields: [Self.token], body: Self.content)
            }
            #expect(again.status == 409)
            #expect(try await Self.announce(running).status == 409)
            #expect(await running.leavesNoParts())
        }
    }

    @Test func `an upload that was cut comes again`() async throws {
        try await RunningServer.with { running in
            #expect(try await Self.announce(running).status == 202)
            try await running.client { client throws in
                client.send(Self.putHead)
                client.send(Array(Self.content[..<1_000_000]))
            }
            let isTaken = await Pace.until(patience) {
                let answer = try? await running.client {
                    try $0.request("PUT", Self.path, fields: [Self.token], body: Self.content)
                }
                return answer?.status == 201
            }
            #expect(isTaken)
            let got = try await running.client { try $0.request("GET", Self.path) }
            #expect(got.body == Self.content)
        }
    }

    /// Who comes again has seen the end of its last attempt; a server behind a proxy may not have.
    @Test func `an attempt takes the place of one that never ended`() async throws {
        try await RunningServer.with { running in
            #expect(try await Self.announce(running).status == 202)
            let port = running.port
            try await running.client { client throws in
                client.send(Self.putHead)
                client.send(Array(Self.content[..<2_000_000]))
                let part = Awaited.later { () -> [UInt8]? in
                    try? await RawClient.run(port) {
                        try $0.request("GET", Self.path, fields: ["Range: bytes=0-999999"]).body
                    }
                }
                #expect(part() == Array(Self.content[..<1_000_000]))
                let again = Awaited.later { () -> Int? in
                    try? await RawClient.run(port) {
                        try $0.request("PUT", Self.path, fields: [Self.token], body: Self.content)
                            .status
                    }
                }
                #expect(again() == 201)
                client.send(Array(Self.content[2_000_000...]))
                let late = try? client.answer(to: "PUT")
                #expect(late == nil || late?.status == 409)
            }
            let got = try await running.client { try $0.request("GET", Self.path) }
            #expect(got.status == 200 && got.body == Self.content)
            #expect(await running.leavesNoParts())
        }
    }

    @Test func `one address announces so many at a time, and others go on`() async throws {
        try await RunningServer.with { running in
            let statuses = try await running.client { client in
                try (0..<300).map { number in
                    try client.request(
                        "POST", "/f/\(TestID.of(1000 + number))/x",
                        fields: [Self.token, "Upload-Length: 1", "Content-Length: 0"]
                    ).status
                }
            }
            #expect(statuses.prefix(256).allSatisfy { $0 == 202 })
            #expect(statuses.dropFirst(256).allSatisfy { $0 == 503 })
            let other = try await running.client {
                try $0.request("PUT", Self.path, body: Self.content).status
            }
            #expect(other == 201)
            let key = "/f/\(TestID.of(1000))/x"
            let brought = try await running.client {
                try $0.request("PUT", key, fields: [Self.token], body: [1]).status
            }
            #expect(brought == 201)
            let next = try await running.client {
                try $0.request(
                    "POST", "/f/\(TestID.of(1299))/x",
                    fields: [Self.token, "Upload-Length: 1", "Content-Length: 0"]
                ).status
            }
            #expect(next == 202)
        }
    }

    /// Its first answer may have been lost.
    @Test func `an announcement may be said twice, by its sender alone`() async throws {
        try await RunningServer.with { running in
            let first = try await Self.announce(running)
            let second = try await Self.announce(running)
            #expect(first.status == 202 && second.status == 202)
            #expect(first.fields["Location"] == second.fields["Location"])
            #expect(first.fields["ETag"] == second.fields["ETag"])
            #expect(try await Self.announce(running, size: 5).status == 409)
            let stranger = try await running.client {
                try $0.request(
                    "POST", Self.path,
                    fields: [
                        "X-UploadToken: fedcba9876543210", "Upload-Length: \(Self.size)",
                        "Content-Length: 0",
                    ])
            }
            #expect(stranger.status == 409)
        }
    }

    @Test func `what a sender takes back is told at once`() async throws {
        try await RunningServer.with { running in
            #expect(try await Self.announce(running).status == 202)
            let port = running.port
            let reader = Awaited.later { () -> Int? in
                try? await RawClient.run(port) { try $0.request("GET", Self.path).status }
            }
            let stranger = try await running.client {
                try $0.request(
                    "DELETE", Self.path, fields: ["X-UploadToken: fedcba9876543210"])
            }
            #expect(stranger.status == 404 || stranger.status == 403)
            let deleted = try await running.client {
                try $0.request("DELETE", Self.path, fields: [Self.token])
            }
            #expect(deleted.status == 204)
            #expect(await onThread { reader() } == 410)
            // Its room is free again, also that of a second announcement, which was none.
            #expect(try await Self.announce(running).status == 409)
            #expect(await Pace.until(patience) { running.partialFiles.isEmpty })
        }
    }

    @Test func `what makes an upload impossible is said to its announcement`() async throws {
        try await RunningServer.with { options in
            options.maximumFileSize = 1_000_000
            options.maximumStoredBytes = 900_000
        } _: { running in
            #expect(try await Self.announce(running).status == 413)
            #expect(try await Self.announce(running, size: 950_000).status == 507)
            #expect(try await Self.announce(running, size: 500_000).status == 202)
            // The room is taken from then on.
            let other = try await running.client {
                try $0.request(
                    "PUT", "/f/\(TestID.of(78))/x", body: [UInt8](repeating: 1, count: 500_000))
            }
            #expect(other.status == 507)
            for fields in [["Upload-Length: x"], [], ["Upload-Length: 5"]] {
                let answer = try await running.client {
                    try $0.request("POST", "/f/\(TestID.of(79))/x", fields: fields, body: [])
                }
                #expect(answer.status == 400)
            }
            let short = try await running.client {
                try $0.request("PUT", Self.path, fields: [Self.token], body: [1, 2, 3])
            }
            #expect(short.status == 400)
            let stranger = try await running.client {
                try $0.request("PUT", Self.path, body: [UInt8](repeating: 1, count: 500_000))
            }
            #expect(stranger.status == 409)
        }
    }

    @Test(arguments: [0, 1, 70_000])
    func `small ones come whole`(size: Int) async throws {
        try await RunningServer.with { running in
            #expect(try await Self.announce(running, size: size).status == 202)
            let port = running.port
            let reader = Awaited.later { () -> [UInt8]? in
                try? await RawClient.run(port) { try $0.request("GET", Self.path).body }
            }
            let put = try await running.client {
                try $0.request(
                    "PUT", Self.path, fields: [Self.token], body: Array(Self.content[..<size]))
            }
            #expect(put.status == 201)
            #expect(await onThread { reader() } == Array(Self.content[..<size]))
        }
    }

    @Test func `a wrong digest is never handed out whole`() async throws {
        try await RunningServer.with { running in
            #expect(try await Self.announce(running).status == 202)
            let port = running.port
            let reader = Awaited.later { () -> [UInt8]? in
                try? await RawClient.run(port) { try $0.request("GET", Self.path).body }
            }
            let digest = "Repr-Digest: sha-256=:\(String(repeating: "A", count: 43))=:"
            let put = try await running.client {
                try $0.request(
                    "PUT", Self.path, fields: [Self.token, digest], body: Self.content)
            }
            #expect(put.status == 400)
            #expect(await onThread { reader() } != Self.content)
            let after = try await running.client { try $0.request("GET", Self.path) }
            #expect(after.status == 410)
        }
    }
}
