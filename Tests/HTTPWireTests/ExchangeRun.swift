import BridgeBytes
import HTTPWire

/// Feeds pieces to a machine as a socket would, and writes down what came of it.
///
/// The record of the same bytes must be the same however they are cut: so bodies are joined and
/// the number of steps is not part of it.
struct ServerRun: Equatable, CustomStringConvertible {
    struct Exchange: Equatable {
        var head: RequestHead
        var expectation: ServerExchange.Expectation
        var body: [UInt8] = []
        var isWhole = false
    }

    var exchanges: [Exchange] = []
    var error: ErrorCode?
    var status: Int?
    var isClosed = false

    init(_ pieces: [Bytes], checksHost: Bool = true) {
        var machine = ServerExchange(checksHost: checksHost)
        var window: [UInt8] = []
        for piece in pieces {
            window += Array(piece)
            do throws(HTTPWireError) { try drain(&machine, &window) } catch {
                self.error = error.code
                status = error.status
                isClosed = true
                return
            }
        }
    }

    private mutating func drain(
        _ machine: inout ServerExchange, _ window: inout [UInt8]
    ) throws(HTTPWireError) {
        while true {
            switch try machine.next(window.span) {
            case .needMore(let consumed):
                window.removeFirst(consumed)
                return
            case .request(let head, _, let expectation, let size):
                exchanges.append(Exchange(head: head, expectation: expectation))
                window.removeFirst(size)
            case .body(let range):
                exchanges[exchanges.count - 1].body += window[range]
                window.removeFirst(range.upperBound)
            case .requestEnd(let consumed):
                window.removeFirst(consumed)
                exchanges[exchanges.count - 1].isWhole = true
                if machine.answerEnded(closing: false) != .nextRequest { isClosed = true }
            case .waiting: return
            case .closed: return
            }
        }
    }

    var description: String {
        "\(exchanges.count) requests, error \(error?.rawValue ?? "none"), closed \(isClosed)"
    }
}

/// The same for the client's role: one answer.
struct ClientRun: Equatable, CustomStringConvertible {
    var interim: [Int] = []
    var head: ResponseHead?
    var framing: BodyFraming?
    var body: [UInt8] = []
    var isWhole = false
    var reusable = false
    var left = 0
    var error: ErrorCode?

    init(_ pieces: [Bytes], method: String = "GET", isClosedAfter: Bool) {
        var machine = ClientExchange(method: method)
        machine.requestSent()
        var window: [UInt8] = []
        do throws(HTTPWireError) {
            for piece in pieces {
                window += Array(piece)
                try drain(&machine, &window)
            }
            if isClosedAfter, !isWhole {
                _ = try machine.peerClosed()
                isWhole = true
                reusable = false
            }
        } catch {
            self.error = error.code
            reusable = false
        }
        left = window.count
        // Bytes after the end come with it or later: both spoil the connection.
        if left > 0 { reusable = false }
    }

    private mutating func drain(
        _ machine: inout ClientExchange, _ window: inout [UInt8]
    ) throws(HTTPWireError) {
        while !isWhole {
            switch try machine.next(window.span) {
            case .needMore(let consumed):
                window.removeFirst(consumed)
                return
            case .interim(let head, let size):
                interim.append(head.status)
                window.removeFirst(size)
            case .response(let head, let framing, let size):
                self.head = head
                self.framing = framing
                window.removeFirst(size)
            case .body(let range):
                body += window[range]
                window.removeFirst(range.upperBound)
            case .end(let consumed, let reusable):
                window.removeFirst(consumed)
                isWhole = true
                self.reusable = reusable
            }
        }
    }

    var description: String {
        "status \(head?.status ?? 0), \(body.count) bytes, whole \(isWhole), reusable "
            + "\(reusable), error \(error?.rawValue ?? "none")"
    }
}
