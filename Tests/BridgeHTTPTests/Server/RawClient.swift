import BridgeBytes
import BridgeSockets
import Glibc
import HTTPWire

/// A client that sends exactly the bytes that a test gives it, and reads answers with the pure
/// parser. Its calls block, so tests run it on threads of its own.
///
/// A read that gets nothing for two minutes fails: a guard against hanging, not a measurement.
struct RawClient: ~Copyable {
    struct Answer: Sendable {
        var status = 0
        var fields = FieldList()
        var body: [UInt8] = []
        var interim: [Int] = []
        /// Whether the connection may carry another request, as the answer says.
        var isReusable = false
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let threads = BlockingThreads()
    private let number: Int32
    private var window: [UInt8] = []

    /// Runs blocking work with a connection of its own.
    static func run<Result: Sendable>(
        _ port: Int, _ body: @escaping @Sendable (inout RawClient) throws -> Result
    ) async throws -> Result {
        // A task, so that a failed expectation knows its test; on threads that may block.
        try await Task(executorPreference: threads) {
            var client = try RawClient(port: port)
            return try body(&client)
        }.value
    }

    /// Begins something on the threads that may block, and does not wait for it.
    static func start(_ body: @escaping @Sendable () async -> Void) {
        Task(executorPreference: threads) { await body() }
    }

    /// - Parameter source: The last number of the loopback address to connect from.
    init(port: Int, from source: UInt8 = 1) throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if source != 1 { try Self.bind(number, to: 0x7F00_0000 | in_addr_t(source)) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var patience = timeval(tv_sec: 120, tv_usec: 0)
        let number = self.number
        unsafe setsockopt(
            number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(description: "connect: \(errno)") }
    }

    private static func bind(_ number: Int32, to host: in_addr_t) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = host.bigEndian
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(description: "bind: \(errno)") }
    }

    deinit { close(number) }

    /// Sends all of it; false when the peer has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer -> Int in
                guard let base = buffer.baseAddress else { return -1 }
                return unsafe Glibc.send(
                    number, base + done, buffer.count - done, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    func endWriting() { shutdown(number, Int32(SHUT_WR)) }

    /// Sends a reset rather than an end when the connection closes.
    func resetOnClose() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
            number, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Reads more into the window; false at the end.
    private mutating func fill() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        let count = unsafe recv(number, &chunk, chunk.count, 0)
        if count < 0, errno == ECONNRESET || errno == EPIPE { return false }
        guard count >= 0 else { throw Failure(description: "nothing came: \(errno)") }
        window += chunk[..<count]
        return count > 0
    }

    /// Reads one answer to a request of that method.
    mutating func answer(to method: String = "GET") throws -> Answer {
        var exchange = ClientExchange(method: method)
        exchange.requestSent()
        var answer = Answer()
        while true {
            switch try exchange.next(window.span) {
            case .needMore(let consumed):
                window.removeFirst(consumed)
                if try !fill() {
                    _ = try exchange.peerClosed()
                    return answer
                }
            case .interim(let head, let size):
                answer.interim.append(head.status)
                window.removeFirst(size)
            case .response(let head, _, let size):
                answer.status = head.status
                answer.fields = head.fields
                answer.isReusable = Persistence.keepsAlive(head.version, head.fields)
                window.removeFirst(size)
            case .body(let range):
                answer.body += window[range]
                window.removeFirst(range.upperBound)
            case .end(let consumed, _):
                window.removeFirst(consumed)
                return answer
            }
        }
    }

    /// Waits for the interim answer 100.
    mutating func interim() throws -> Int {
        var exchange = ClientExchange(method: "PUT")
        while true {
            switch try exchange.next(window.span) {
            case .interim(let head, let size), .response(let head, _, let size):
                if head.isInterim { window.removeFirst(size) }
                return head.status
            default: if try !fill() { throw Failure(description: "no answer came") }
            }
        }
    }

    /// Whether the peer closes the connection without another byte.
    mutating func isClosedByPeer() throws -> Bool {
        guard window.isEmpty else { return false }
        return try !fill() && window.isEmpty
    }

    /// Sends a request with an optional body and reads its answer.
    mutating func request(
        _ method: String, _ target: String, fields: [String] = [], body: [UInt8]? = nil
    ) throws -> Answer {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: a\r\n"
        for field in fields { head += field + "\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        send(Array((head + "\r\n").utf8) + (body ?? []))
        return try answer(to: method)
    }
}

/// Runs tasks whose code blocks, on threads that nobody else waits for.
private final class BlockingThreads: TaskExecutor {
    private let pool = BlockingPool(threadLimit: 64)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { [self] in unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
