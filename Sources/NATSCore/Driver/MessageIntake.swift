internal import BridgeBytes
internal import BridgeSockets
internal import NATSWire
internal import Synchronization

/// What a connection receives, from the bytes of a read to batches of messages.
///
/// ## Theory of operation
/// Bytes go into the receive buffer, frames come out of the parser as ranges, and messages are
/// sorted by subscription as views of the buffer. `takeMessages` does so up to the first frame
/// that is no message, under the one lock of the subscriptions; `handOver` gives the batches to
/// their consumers and the answers to their requests, with no lock held. Belongs to the driver,
/// which has one access to all of it for a whole read.
struct MessageIntake: ~Copyable {
    private let core: ClientCore
    private let tap: WireTap?
    private var parser: FrameParser
    private var buffer: ReceiveBuffer
    private var dispatch = MessageDispatch()

    init(core: ClientCore, tap: WireTap?, limits: WireLimits, buffer: consuming ReceiveBuffer) {
        self.core = core
        self.tap = tap
        self.buffer = buffer
        parser = FrameParser(limits: limits)
    }

    /// Reads into the buffer's spare room, once.
    mutating func read(_ link: Link) -> Transfer { link.read(into: &buffer) }

    /// Whether no byte is unread.
    var isEmpty: Bool { buffer.count == 0 }

    /// Whether the last read left room, and so emptied the socket.
    var hasSpareRoom: Bool { buffer.hasSpareRoom }

    /// A shared view of part of the unread bytes.
    func bytes(_ range: Range<Int>) -> Bytes { buffer.bytes(range) }

    /// Makes room for this many unread bytes. Returns false when that is above the limit.
    mutating func reserve(_ count: Int) -> Bool { buffer.reserve(count) }

    /// Forgets this many of the unread bytes.
    mutating func consume(_ count: Int) { buffer.consume(count) }

    /// Takes messages up to the first frame that is none, under one lock.
    mutating func takeMessages() throws(WireError) -> FrameParser.Step {
        let core = core
        return try core.subscriptions.withLock { registry throws(WireError) in
            try takeMessages(&registry)
        }
    }

    private mutating func takeMessages(
        _ registry: inout SubscriptionRegistry
    ) throws(WireError) -> FrameParser.Step {
        var position = 0
        var count = 0
        var largest = 0
        // A span of the buffer borrows all of `self`.
        var parser = parser
        defer {
            self.parser = parser
            buffer.expect(largest)
            buffer.consume(position)
            core.traffic.received(messages: count, bytes: position)
        }
        while true {
            let step = try parser.next(buffer.span.extracting(position..<buffer.count))
            guard case .frame(.message(let layout), let size) = step else { return step }
            if let tap {
                tap.received(.message(layout), buffer.bytes(position..<position + size))
            }
            add(layout, at: position, &registry)
            position += size
            count += 1
            if size > largest { largest = size }
        }
    }

    private mutating func add(
        _ layout: MessageFrame, at position: Int, _ registry: inout SubscriptionRegistry
    ) {
        guard let route = registry.route(layout.sid) else { return }
        let start = position + layout.subject.lowerBound
        let frame = buffer.bytes(start..<position + layout.payload.upperBound)
        if route.sink.target == .requests {
            return dispatch.add(answer: NATSMessage(layout, in: frame))
        }
        dispatch.add(
            NATSMessage(layout, in: frame), size: layout.size, to: route.sink,
            of: buffer.regionCapacity)
        if route.isLast {
            dispatch.handOver(of: buffer.regionCapacity)
            route.sink.delivery.finish()
        }
    }

    /// Hands over what was taken.
    mutating func handOver() {
        dispatch.handOver(of: buffer.regionCapacity)
        let core = core
        dispatch.handOverAnswers(of: buffer.regionCapacity) { core.settleRequests($0) }
    }

    /// What consumers have said to their batches since this was asked last; nil: nothing.
    mutating func takeReport() -> MessageDispatch.Report? { dispatch.takeReport() }
}
