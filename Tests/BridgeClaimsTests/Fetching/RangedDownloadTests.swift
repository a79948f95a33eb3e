import BridgeBytes
import BridgeClaims
import BridgeHTTP
import Dispatch
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Large payloads over several connections at a time (failures.md C1, C2, C8).
@Suite(.patient, .serialized) struct RangedDownloadTests {
    private static let size = 1 << 20
    private static let piece = 128 << 10

    /// Content whose pieces differ from each other, since their size is no multiple of its period.
    private static func content(_ seed: UInt64, _ size: Int = size) -> Bytes {
        var generator = SeededGenerator(seed: seed)
        let block = generator.bytes((1 << 20) + 13)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + block.count)
        while bytes.count < size { bytes += block }
        return Bytes(bytes)[0..<size]
    }

    /// A request as a test judges it.
    private struct Request: Sendable {
        var number = 0
        var connection = 0
        var range: Range<Int>?
        /// `If-Match` of a piece.
        var match: String?
        /// `If-Range` of a rest.
        var rest: String?

        init(_ head: String, number: Int, connection: Int) {
            (self.number, self.connection) = (number, connection)
            func field(_ name: String) -> String? {
                head.split(separator: "\r\n").first { $0.hasPrefix("\(name): ") }
                    .map { String($0.dropFirst(name.count + 2)) }
            }
            if let parts = field("Range")?.dropFirst(6).split(separator: "-"),
                let first = parts.first.flatMap({ Int($0) })
            {
                range = first..<(parts.count > 1 ? (Int(parts[1]) ?? 0) + 1 : size)
            }
            (match, rest) = (field("If-Match"), field("If-Range"))
        }

        var isPiece: Bool { match != nil }
    }

    /// What a server does with a request.
    private enum Reaction: Sendable {
        case serve(Bytes, tag: String)
        /// The same, but the connection ends after so many bytes of the body.
        case cut(Bytes, tag: String, after: Int)
        case status(Int)
        /// 503, and the end of the connection.
        case refusal
        /// No part, whatever was asked for.
        case whole(Bytes)
        /// Fields of its own in place of those of a part, and these bytes.
        case fields(String, Bytes)
        /// Nothing, on a connection that stays.
        case silence
        /// 410 of an upload that was given up.
        case gone
    }

    private static func answer(
        _ reaction: Reaction, _ request: Request, _ connection: ScriptedConnection
    ) -> Bool {
        switch reaction {
        case .silence: return true
        case .gone:
            return connection.send(
                "HTTP/1.1 410 X\r\nUpload-Aborted: ?1\r\nContent-Length: 0\r\n\r\n")
        case .fields(let fields, let bytes):
            connection.send("HTTP/1.1 206 Part\r\n\(fields)\r\n")
            return connection.send(bytes)
        case .status(let status):
            return connection.send("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n")
        case .refusal:
            connection.send("HTTP/1.1 503 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            return false
        case .whole(let bytes):
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\n\r\n")
            return connection.send(bytes)
        case .serve(let bytes, let tag), .cut(let bytes, let tag, _):
            let range = request.range ?? 0..<bytes.count
            var head = "HTTP/1.1 \(request.range == nil ? "200 OK" : "206 Part")\r\n"
            head += "ETag: \(tag)\r\nContent-Length: \(range.count)\r\n"
            if request.range != nil {
                head += "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)"
                head += "/\(bytes.count)\r\n"
            }
            connection.send(head + "\r\n")
            guard case .cut(_, _, let count) = reaction else {
                return connection.send(bytes[range])
            }
            let end = min(range.upperBound, range.lowerBound + count)
            connection.send(bytes[range.lowerBound..<end])
            return false
        }
    }

    private func fetch(
        checksum: Checksum? = nil, fastRate: Int = .max, total: Duration? = nil,
        _ reaction: @escaping @Sendable (Request) -> Reaction
    ) async throws -> (result: Result<Bytes, ClaimError>, requests: [Request]) {
        let requests = Mutex<[Request]>([])
        let server = try ScriptedServer { connection, number in
            while let (head, _) = connection.readRequest() {
                let request = requests.withLock { all in
                    all.append(Request(head, number: all.count, connection: number))
                    return all[all.count - 1]
                }
                guard Self.answer(reaction(request), request, connection) else { return }
            }
        }
        let store = try FileServerStore(baseURL: HTTPURL("http://127.0.0.1:\(server.port)"))
        var download = ClaimDownload(
            url: "http://127.0.0.1:\(server.port)/f/1/x", expectedSize: Self.size,
            expectedChecksum: checksum?.description)
        download.retry.base = .milliseconds(1)
        download.maxConnections = 4
        download.fastRate = fastRate
        download.pieceSize = Self.piece
        download.retry.total = total
        let result: Result<Bytes, ClaimError>
        do throws(ClaimError) { result = .success(try await store.download(download)) } catch {
            result = .failure(error)
        }
        return (result, requests.withLock { $0 })
    }

    @Test func `a slow line is asked for pieces of one version, each once`() async throws {
        let content = Self.content(1)
        // No piece is answered before a second connection asks for one, however slow the machine.
        let connections = Mutex<Set<Int>>([])
        let second = DispatchSemaphore(value: 0)
        let (result, requests) = try await fetch(checksum: Checksum(of: content)) { request in
            if request.isPiece {
                let count = connections.withLock { all in
                    all.insert(request.connection)
                    return all.count
                }
                if count == 2 { second.signal() }
                if second.wait(timeout: .now() + 60) == .success { second.signal() }
            }
            return .serve(content, tag: "\"v1\"")
        }
        #expect(try result.get() == content)
        let pieces = requests.filter(\.isPiece)
        #expect(requests.count == 8 && pieces.count == 7)
        #expect(pieces.allSatisfy { $0.match == "\"v1\"" && $0.range?.count == Self.piece })
        #expect(Set(requests.map { $0.range?.lowerBound }).count == 8)
        #expect((2...4).contains(Set(pieces.map(\.connection)).count))
    }

    @Test func `a fast line is asked for the rest by one request`() async throws {
        let content = Self.content(12)
        let (result, requests) = try await fetch(
            checksum: Checksum(of: content, .sha256), fastRate: 1
        ) { _ in .serve(content, tag: "\"v1\"") }
        #expect(try result.get() == content)
        #expect(requests.map(\.range) == [0..<Self.piece, Self.piece..<Self.size])
        #expect(requests[1].rest == "\"v1\"")
    }

    @Test func `an upload that is given up meanwhile is told as that`() async throws {
        let content = Self.content(14)
        let (result, _) = try await fetch { request in
            request.number < 3 ? .serve(content, tag: "\"v1\"") : .gone
        }
        guard case .failure(let error) = result else {
            Issue.record("it was fetched")
            return
        }
        #expect(error.code == .uploadAborted)
    }

    /// It comes no faster by more connections, however slow it is.
    @Test func `what is still being uploaded is fetched by one connection`() async throws {
        let content = Self.content(13)
        let (result, requests) = try await fetch(checksum: Checksum(of: content)) { request in
            guard let range = request.range, !request.isPiece, range.upperBound < Self.size else {
                return .serve(content, tag: "\"v1\"")
            }
            let place = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(Self.size)"
            return .fields(
                "ETag: \"v1\"\r\nContent-Length: \(range.count)\r\nContent-Range: \(place)\r\n"
                    + "Upload-Complete: ?0\r\n", content[range])
        }
        #expect(try result.get() == content)
        #expect(requests.map(\.range) == [0..<Self.piece, Self.piece..<Self.size])
        #expect(Set(requests.map(\.connection)).count == 1)
    }

    @Test func `a server that gives no parts, or has no strong tag, is asked once for all`()
        async throws
    {
        let content = Self.content(2)
        let (plain, requests) = try await fetch { _ in .whole(content) }
        #expect(try plain.get() == content)
        #expect(requests.count == 1)
        let (weak, others) = try await fetch { _ in .serve(content, tag: "W/\"v1\"") }
        #expect(try weak.get() == content)
        #expect(others.count == 2 && others[1].range == nil)
    }

    /// A version that comes up in the middle, told by 412, by its tag, by the whole of it.
    @Test(arguments: 0..<3) func `two versions are never mixed`(kind: Int) async throws {
        let (old, new) = (Self.content(3), Self.content(4))
        let (result, requests) = try await fetch { request in
            if request.number < 3 { return .serve(old, tag: "\"v1\"") }
            guard request.isPiece else { return .serve(new, tag: "\"v2\"") }
            return kind == 0
                ? .status(412) : kind == 1 ? .serve(new, tag: "\"v2\"") : .whole(new)
        }
        #expect(try result.get() == new)
        let last = try #require(requests.last { !$0.isPiece })
        #expect(last.range == nil && last.rest == nil)
    }

    /// Answers to a request for a part that are none, or are another part.
    private static func faulty(_ kind: Int, _ range: Range<Int>, _ content: Bytes) -> Reaction {
        let part = content[range]
        let tag = "ETag: \"v1\"\r\n"
        let length = "Content-Length: \(part.count)\r\n"
        func place(_ first: Int, _ last: Int, of total: Int = size) -> String {
            "Content-Range: bytes \(first)-\(last)/\(total)\r\n"
        }
        let (first, last) = (range.lowerBound, range.upperBound - 1)
        switch kind {
        case 0: return .fields(tag + length + place(first + 1, last + 1), part)
        case 1: return .fields(tag + length + place(first, last, of: size + 1), part)
        case 2: return .fields(tag + length, part)
        case 3:
            let short = content[first + 1..<range.upperBound]
            return .fields(tag + "Content-Length: \(short.count)\r\n" + place(first, last), short)
        case 4: return .fields(length + place(first, last), part)
        case 5: return .fields(tag + length + place(first, last) + "Content-Encoding: x\r\n", part)
        case 6: return .fields(tag + length + "Content-Range: bytes */\(size)\r\n", part)
        case 7: return .fields("ETag: \"v1\", \"v2\"\r\n" + length + place(first, last), part)
        default: return .status(416)
        }
    }

    @Test(arguments: 0..<9, [true, false])
    func `an answer that is not the part is no part of the payload`(
        kind: Int, first: Bool
    ) async throws {
        let content = Self.content(20)
        // Without a digest nobody would notice later.
        let (result, requests) = try await fetch { request in
            guard let range = request.range, request.isPiece != first else {
                return .serve(content, tag: "\"v1\"")
            }
            return Self.faulty(kind, range, content)
        }
        #expect(try result.get() == content)
        #expect(requests.contains { $0.range == nil })
    }

    @Test func `the time for all of it bounds its pieces`() async throws {
        let content = Self.content(21)
        let (result, _) = try await fetch(total: .milliseconds(700)) { request in
            request.isPiece ? .silence : .serve(content, tag: "\"v1\"")
        }
        let error = #expect(throws: ClaimError.self) { try result.get() }
        #expect(error?.code == .timeout, "\(String(describing: error))")
    }

    @Test func `pieces that are cut are fetched again, and no others`() async throws {
        let content = Self.content(5)
        let cuts = Mutex(Set<Int>())
        let (result, requests) = try await fetch(checksum: Checksum(of: content)) { request in
            guard request.isPiece, let start = request.range?.lowerBound,
                start / Self.piece % 2 == 1,
                cuts.withLock({ $0.insert(start).inserted })
            else { return .serve(content, tag: "\"v1\"") }
            return .cut(content, tag: "\"v1\"", after: 100_000)
        }
        #expect(try result.get() == content)
        // Eight pieces, of which four are asked for twice, or what is left by one request.
        #expect(requests.count <= 12)
    }

    @Test func `a server that takes one connection at a time still gives all`() async throws {
        let content = Self.content(6)
        let (result, requests) = try await fetch(checksum: Checksum(of: content)) { request in
            request.connection == 0 ? .serve(content, tag: "\"v1\"") : .refusal
        }
        #expect(try result.get() == content)
        // Each of the others is asked once; the first may not be back when they begin.
        #expect(requests.filter { $0.connection > 0 }.count <= 4)
    }

    @Test func `when no piece arrives, one request goes on behind what is held`() async throws {
        let content = Self.content(7)
        let (result, requests) = try await fetch(checksum: Checksum(of: content)) { request in
            request.isPiece
                ? .cut(content, tag: "\"v1\"", after: 1000) : .serve(content, tag: "\"v1\"")
        }
        #expect(try result.get() == content)
        let last = try #require(requests.last)
        #expect(last.range == Self.piece..<Self.size && last.rest == "\"v1\"")
    }

    @Test func `a piece with other bytes is noticed, and all is fetched again`() async throws {
        let (content, other) = (Self.content(8), Self.content(9))
        let (result, requests) = try await fetch(checksum: Checksum(of: content)) { request in
            .serve(request.range?.lowerBound == 3 * Self.piece ? other : content, tag: "\"v1\"")
        }
        #expect(try result.get() == content)
        #expect(requests.last?.range == nil)
        let (twice, _) = try await fetch(checksum: Checksum(of: content)) { _ in
            .serve(other, tag: "\"v1\"")
        }
        #expect(throws: ClaimError.self) { try twice.get() }
    }

    @Test func `our server through a slow line, in whose middle connections are cut`()
        async throws
    {
        let size = 64 << 20
        let content = Self.content(10, size)
        let folder = try TemporaryDirectory()
        let server = try await FileServer.start(FileServerOptions(directory: folder.file("d")))
        let store = try FileServerStore(baseURL: HTTPURL(server.baseURL))
        let claim = try await store.upload(
            ClaimContent(name: "x", segments: [content]), correlationID: "")
        let proxy = try FaultProxy(to: server.port)
        proxy.set(
            .with {
                $0.bytesPerSecond = 100_000_000
                $0.limit = 20_000_000
            }, .toClient)
        let receiver = try FileServerStore(
            baseURL: HTTPURL("http://127.0.0.1:\(proxy.port)"), publicBaseURL: nil)
        let link = claim.url.replacing(":\(server.port)", with: ":\(proxy.port)")
        let most = Mutex(0)
        var download = ClaimDownload(
            url: link, expectedSize: claim.size, expectedChecksum: claim.checksum)
        download.retry.base = .milliseconds(1)
        download.maxConnections = 4
        download.fastRate = .max
        download.progress = { done, total in
            #expect(total == size)
            most.withLock { $0 = max($0, done) }
        }
        #expect(try await receiver.download(download) == content)
        #expect(most.withLock { $0 } == size && proxy.connectionCount > 3)
        await server.stop()
    }
}
