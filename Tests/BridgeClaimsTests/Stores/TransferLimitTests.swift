import BridgeBytes
import BridgeClaims
import BridgeHTTP
import HTTPWire
import Synchronization
import TestKit
import Testing

/// Stores that drip, refuse, stall or say "not now" (failures.md C6, C7, C10).
@Suite(.patient) struct TransferLimitTests {
    private func store(
        _ server: ScriptedServer, isPlik: Bool = false, attempts: Int = 2,
        total: Duration? = nil, _ change: (inout HTTPClientOptions) -> Void = { _ in }
    ) throws -> any ClaimStore {
        var options = HTTPClientOptions()
        change(&options)
        var retry = RetryPolicy()
        retry.base = .milliseconds(1)
        retry.maxAttempts = attempts
        retry.total = total
        let url = try HTTPURL("http://127.0.0.1:\(server.port)")
        let client = try HTTPClient(options)
        return isPlik
            ? try PlikStore(baseURL: url, client: client, retry: retry)
            : try FileServerStore(baseURL: url, client: client, retry: retry)
    }

    private func upload(_ bytes: Bytes, to store: any ClaimStore) async -> ClaimError? {
        do throws(ClaimError) {
            _ = try await store.upload(
                ClaimContent(name: "x", segments: [bytes]), correlationID: "c")
            return nil
        } catch {
            return error
        }
    }

    private func download(
        from store: any ClaimStore, _ server: ScriptedServer,
        change: (inout ClaimDownload) -> Void = { _ in }
    ) async -> Result<Bytes, ClaimError> {
        var request = ClaimDownload(url: "http://127.0.0.1:\(server.port)/f/1/x")
        request.retry.base = .milliseconds(1)
        change(&request)
        do throws(ClaimError) {
            return .success(try await store.download(request))
        } catch {
            return .failure(error)
        }
    }

    private func error(_ result: Result<Bytes, ClaimError>) -> ClaimError? {
        if case .failure(let error) = result { error } else { nil }
    }

    @Test("\"Not now\" to the end is a passing failure", arguments: [500, 503, 429, 408])
    func notNow(status: Int) async throws {
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 \(status) X\r\nContent-Length: 2\r\n\r\n{}")
            }
        }
        for isPlik in [false, true] {
            let error = await upload([1], to: try store(server, isPlik: isPlik))
            #expect(error?.code == .unavailable && error?.status == status)
            #expect(error?.attempts == 2 && error?.httpError == nil)
        }
    }

    @Test("A file that Plik does not take now is offered again, with a new upload")
    func plikFile() async throws {
        let heads = Mutex<[String]>([])
        let server = try ScriptedServer { connection, _ in
            while let (head, _) = connection.readRequest() {
                heads.withLock { $0.append(String(head.prefix { $0 != "/" })) }
                let isNew = head.hasPrefix("POST /upload")
                let answer = isNew ? #"{"id":"a","uploadToken":"t"}"# : "{}"
                connection.send(
                    "HTTP/1.1 \(isNew ? 200 : 503) X\r\nContent-Length: \(answer.utf8.count)\r\n"
                        + "\r\n\(answer)")
            }
        }
        let error = await upload([1], to: try store(server, isPlik: true, attempts: 3))
        #expect(error?.code == .unavailable && error?.status == 503 && error?.attempts == 3)
        #expect(heads.withLock { $0.count } == 6)
    }

    @Test("A refusal by a limit is not retried, also when the store hangs up behind it")
    func refused() async throws {
        for (status, code) in [(413, ErrorCode.tooLarge), (507, .storageFull)] {
            let server = try ScriptedServer { connection, _ in
                guard connection.readHead() != nil else { return }
                connection.send("HTTP/1.1 \(status) X\r\nContent-Length: 500\r\n\r\ntoo")
            }
            let bytes = Bytes([UInt8](repeating: 7, count: 8 << 20))
            let error = await upload(bytes, to: try store(server, attempts: 5))
            #expect(error?.code == code && error?.status == status)
            #expect(server.connectionCount == 1)
        }
    }

    @Test("A head that drips ends, and the link is given up")
    func drippingHead() async throws {
        let server = try ScriptedServer { connection, _ in
            guard connection.readHead() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nX: ")
            connection.readToEnd()
        }
        let store = try store(server) { $0.headTimeout = .milliseconds(50) }
        let result = await download(from: store, server)
        #expect(error(result)?.code == .unavailable)
        #expect(error(result)?.httpError?.reason == .headTimeout)
        #expect(error(result)?.attempts == 2 && server.connectionCount == 2)
    }

    @Test("A body that does not keep the least rate ends, and so does an upload")
    func rate() async throws {
        let held = Mutex<[ScriptedConnection]>([])
        let server = try ScriptedServer { connection, _ in
            guard let head = connection.readHead() else { return }
            if head.hasPrefix("GET") {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin")
            }
            // Open, and nothing is read any more.
            held.withLock { $0.append(connection) }
        }
        let store = try store(server) { $0.rateWindow = .milliseconds(50) }
        let result = await download(from: store, server)
        #expect(error(result)?.code == .unavailable)
        #expect(error(result)?.httpError?.reason == .rateTooLow && error(result)?.attempts == 2)
        let stalled = await upload(Bytes([UInt8](repeating: 7, count: 32 << 20)), to: store)
        #expect(stalled?.code == .unavailable && stalled?.httpError?.reason == .rateTooLow)
        #expect(stalled?.attempts == 2)
    }

    @Test("Nothing goes on after the total: not an attempt, a pause, or a wait for a connection")
    func total() async throws {
        let silent = try ScriptedServer { connection, _ in connection.readToEnd() }
        let store = try store(silent, total: .seconds(1))
        let attempt = await download(from: store, silent) {
            $0.retry.total = .seconds(1)
        }
        #expect(
            error(attempt)?.code == .timeout && error(attempt)?.httpError?.reason == .totalTimeout)
        #expect(await upload([1], to: store)?.code == .timeout)

        let busy = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send(
                    "HTTP/1.1 503 X\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n")
            }
        }
        let paused = await download(from: try self.store(busy), busy) {
            $0.retry.total = .seconds(9)
        }
        #expect(error(paused)?.code == .timeout && error(paused)?.status == 503)
        #expect(error(paused)?.attempts == 1, "the end is told before it is there")
    }

    @Test("A wait for a connection ends with the total")
    func queued() async throws {
        let arrived = AsyncStream<Void>.makeStream()
        let silent = try ScriptedServer { connection, _ in
            guard connection.readHead() != nil else { return }
            arrived.continuation.yield()
            connection.readToEnd()
        }
        let store = try store(silent) { $0.connectionsPerOrigin = 1 }
        let link = "http://127.0.0.1:\(silent.port)/f/1/x"
        let first = Task {
            try await store.download(ClaimDownload(url: link, retry: .once))
        }
        for await _ in arrived.stream { break }
        let result = await download(from: store, silent) { $0.retry.total = .milliseconds(20) }
        #expect(error(result)?.code == .timeout && silent.connectionCount == 1)
        first.cancel()
        let end = await #expect(throws: ClaimError.self) { try await first.value }
        #expect(end?.code == .cancelled)
    }

    @Test("A malformed digest fails before anything is fetched; an unknown one does not")
    func digests() async throws {
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        let store = try store(server)
        for text in ["sha256:4c207598af", "xxh64:12"] {
            let result = await download(from: store, server) { $0.expectedChecksum = text }
            #expect(error(result)?.code == .invalidChecksum && error(result)?.stage == .verify)
        }
        let negative = await download(from: store, server) { $0.expectedSize = -1 }
        #expect(error(negative)?.code == .sizeMismatch)
        #expect(server.connectionCount == 0)
        let unknown = await download(from: store, server) { $0.expectedChecksum = "md5:00" }
        #expect(try unknown.get() == Bytes(utf8: "ok"))
        for limit in [-1, Int.min] {
            let result = await download(from: store, server) { $0.limit = limit }
            #expect(error(result)?.code == .tooLarge)
        }
    }
}

/// Downloads whose memory is counted.
@Suite(.patient) struct ReservedDownloadTests {
    private let content = Bytes([UInt8](repeating: 7, count: 100_000))

    private func fetch(
        isChunked: Bool, _ reservation: MemoryReservation, share: Int = 0
    ) async throws -> Result<Bytes, ClaimError> {
        let content = content
        let server = try ScriptedServer { connection, _ in
            while connection.readRequest() != nil {
                if isChunked {
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    for _ in 0..<10 {
                        connection.send("2710\r\n")
                        connection.send(content[0..<10_000])
                        connection.send("\r\n")
                    }
                    connection.send("0\r\n\r\n")
                } else {
                    connection.send(
                        "HTTP/1.1 200 OK\r\nContent-Length: \(content.count)\r\n\r\n")
                    connection.send(content)
                }
            }
        }
        let store = try FileServerStore(baseURL: HTTPURL("http://127.0.0.1:\(server.port)"))
        let request = ClaimDownload(
            url: "http://127.0.0.1:\(server.port)/f/1/x", reservation: reservation,
            reservedShare: share)
        do throws(ClaimError) {
            let bytes = try await store.download(request)
            #expect(server.connectionCount == 1)
            return .success(bytes)
        } catch {
            return .failure(error)
        }
    }

    @Test("The reservation grows with the payload, known size or not", arguments: [false, true])
    func growth(isChunked: Bool) async throws {
        let budget = MemoryBudget(bytes: 250_000)
        let reservation = try await budget.reserve(30_000, until: .now)
        let alone = try await fetch(isChunked: isChunked, reservation, share: 30_000)
        #expect(try alone.get() == content)
        #expect(reservation.bytes == 100_000)
        let beside = try await fetch(isChunked: isChunked, reservation)
        #expect(try beside.get() == content)
        #expect(reservation.bytes == 200_000)
        guard case .failure(let error) = try await fetch(isChunked: isChunked, reservation) else {
            Issue.record("more memory than there is")
            return
        }
        #expect(error.code == .tooLarge && error.attempts == 1)
    }

    @Test(
        "What others hold is missing; what is over the limit never fits", arguments: [false, true])
    func refused(isChunked: Bool) async throws {
        let budget = MemoryBudget(bytes: 150_000)
        let other = try await budget.reserve(60_000, until: .now)
        let reservation = try await budget.reserve(0, until: .now)
        for (mine, code) in [
            (reservation, ErrorCode.memoryExhausted),
            (try await budget.reserve(0, until: .now, limit: 99_999), .tooLarge),
        ] {
            guard case .failure(let error) = try await fetch(isChunked: isChunked, mine) else {
                Issue.record("taken without memory")
                continue
            }
            #expect(error.code == code)
            mine.release()
        }
        other.release()
        #expect(budget.available == 150_000)
    }

    /// 100,000 zeros.
    private let gzip = Bytes([
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xED, 0xC1, 0x31, 0x01, 0x00,
        0x00, 0x00, 0xC2, 0xA0, 0xF5, 0x4F, 0x6D, 0x0D, 0x0F, 0xA0, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x80, 0x57, 0x03, 0x7D, 0x95, 0x11, 0xD4, 0xA0, 0x86, 0x01, 0x00,
    ])

    @Test("What comes of inflating is counted too")
    func inflated() async throws {
        let budget = MemoryBudget(bytes: 110_000)
        let reservation = try await budget.reserve(gzip.count, until: .now)
        func decode() throws(ClaimError) -> Bytes {
            try ContentCoding.decode(
                gzip, "gzip", limit: 1 << 20, url: "", correlationID: "",
                reservation: reservation)
        }
        let other = try await budget.reserve(80_000, until: .now)
        let error = #expect(throws: ClaimError.self) { try decode() }
        #expect(error?.code == .memoryExhausted)
        other.release()
        let bytes = try decode()
        #expect(bytes.count == 100_000 && reservation.bytes == 100_000 + gzip.count)
    }
}
