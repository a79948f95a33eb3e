internal import BridgeBytes
internal import NATSWire
internal import TestKit

/// What the tests of this target say in one line each.
enum Steps {
    /// One parsed frame with its bytes taken out, so that frames compare across windows.
    enum Seen: Equatable, Sendable {
        case info(String)
        case message(Message)
        case ping
        case pong
        case ok
        case error(String)
        case failed(ErrorCode)
    }

    struct Message: Equatable, Sendable {
        var subject: String
        var replyTo: String?
        var sid: Int
        var headers: String?
        var payload: String
    }

    /// Everything that a parser makes of the pieces, fed one after the other. Also checks that
    /// the parser never asks for less than it has, nor for more than the frame takes.
    static func parse(_ pieces: [Bytes], limits: WireLimits = .default) -> [Seen] {
        var parser = FrameParser(limits: limits)
        var buffer = ReceiveBuffer(chunk: 256, limit: 1 << 26)
        var seen: [Seen] = []
        var wanted = 0
        for piece in pieces {
            buffer.append(piece.span)
            guard buffer.count >= wanted else { continue }
            do throws(WireError) {
                wanted = try drain(&buffer, &parser, &seen)
            } catch {
                return seen + [.failed(error.code)]
            }
        }
        return seen
    }

    private static func drain(
        _ buffer: inout ReceiveBuffer, _ parser: inout FrameParser, _ seen: inout [Seen]
    ) throws(WireError) -> Int {
        while true {
            switch try parser.next(buffer.span) {
            case .needMore(let count):
                precondition(count > buffer.count, "asked for bytes that are there")
                return count
            case .frame(let frame, let size):
                precondition(size > 0 && size <= buffer.count, "a frame outside the window")
                seen.append(describe(frame, buffer))
                buffer.consume(size)
            }
        }
    }

    private static func describe(_ frame: Frame, _ buffer: borrowing ReceiveBuffer) -> Seen {
        func text(_ range: Range<Int>) -> String { String(repairing: buffer.bytes(range)) }
        switch frame {
        case .info(let range): return .info(text(range))
        case .ping: return .ping
        case .pong: return .pong
        case .ok: return .ok
        case .error(let range): return .error(text(range))
        case .message(let message):
            return .message(
                Message(
                    subject: text(message.subject), replyTo: message.replyTo.map(text),
                    sid: message.sid, headers: message.headers.map(text),
                    payload: text(message.payload)))
        }
    }

    /// What the parser makes of one piece of text.
    static func parse(_ text: String, limits: WireLimits = .default) -> [Seen] {
        parse([Bytes(utf8: text)], limits: limits)
    }

    /// What a writer wrote, as text.
    static func written(_ body: (inout ByteWriter) -> Void) -> String {
        var writer = ByteWriter(capacity: 1)
        body(&writer)
        return String(repairing: writer.finish())
    }

    static func message(
        _ subject: String, _ sid: Int, reply: String? = nil, headers: String? = nil,
        _ payload: String
    ) -> Seen {
        .message(
            Message(subject: subject, replyTo: reply, sid: sid, headers: headers, payload: payload))
    }
}
