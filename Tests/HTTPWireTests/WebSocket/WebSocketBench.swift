import BridgeBytes
import HTTPWire

/// A client's WebSocket with the bytes of its peer, by hand.
final class WebSocketBench {
    static let key = [UInt8](repeating: 0, count: 16)
    static let acceptance = "ICX+Yqv66kxgM0FcWaLWlFLwTAI="

    let transform: WebSocketTransform
    private var masks = UInt32(0x1020_3040)

    init(
        limits: WebSocketLimits = WebSocketLimits(), target: String = "/",
        fields: FieldList = FieldList(), masks: [UInt32]? = nil
    ) {
        var next = 0
        transform = WebSocketTransform(
            WebSocketOpening(
                authority: "host:80", target: target, fields: fields, key: Self.key),
            limits: limits
        ) {
            next += 1
            return masks.map { $0[(next - 1) % $0.count] } ?? UInt32(next) &* 0x0102_0304
        }
        transform.begin()
    }

    /// One whose opening is done, and whose request was sent.
    static func open(
        limits: WebSocketLimits = WebSocketLimits(), masks: [UInt32]? = nil
    ) -> WebSocketBench {
        let bench = WebSocketBench(limits: limits, masks: masks)
        _ = bench.sent()
        bench.receive(Bytes(utf8: answer()))
        return bench
    }

    static func answer(
        _ status: String = "101 Switching Protocols", upgrade: String = "websocket",
        accept: String? = acceptance, more: String = ""
    ) -> String {
        "HTTP/1.1 \(status)\r\nUpgrade: \(upgrade)\r\nConnection: keep-alive, Upgrade\r\n"
            + (accept.map { "Sec-WebSocket-Accept: \($0)\r\n" } ?? "") + "\(more)\r\n"
    }

    func receive(_ bytes: Bytes) { transform.receive(bytes.span) }

    /// A frame of a server.
    static func frame(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, form: Int? = nil
    ) -> [UInt8] {
        let count = payload.count
        let size: [UInt8] =
            switch form ?? (count > 65_535 ? 8 : count > 125 ? 2 : 0) {
            case 0: [UInt8(count)]
            case 2: [126, UInt8(count >> 8), UInt8(count & 255)]
            default: [127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
            }
        return [opcode | (isFinal ? 0x80 : 0)] + size + payload
    }

    /// Everything that waits for the transport.
    func sent() -> [UInt8] {
        var bytes: [UInt8] = []
        while transform.hasOutput {
            transform.sendOutput { span in
                for index in 0..<span.count { bytes.append(span[index]) }
                return span.count
            }
        }
        return bytes
    }

    /// How reading ended, and the bytes before.
    func read(room: Int = 1000) -> (bytes: [UInt8], end: String) {
        var bytes: [UInt8] = []
        var memory = [UInt8](repeating: 0, count: room)
        while true {
            let reading = unsafe memory.withUnsafeMutableBytes { unsafe transform.read(into: $0) }
            switch reading {
            case .moved(let count): bytes += memory[..<count]
            case .needsInput: return (bytes, "needs input")
            case .ended: return (bytes, "ended")
            case .failed(let error): return (bytes, "\(error.code)")
            }
        }
    }

    /// The frames that a client has written, unmasked.
    static func frames(_ bytes: [UInt8]) -> [(opcode: UInt8, mask: [UInt8], payload: [UInt8])] {
        var frames: [(UInt8, [UInt8], [UInt8])] = []
        var place = 0
        while place + 2 <= bytes.count {
            let opcode = bytes[place] & 15
            precondition(bytes[place] & 0xF0 == 0x80 && bytes[place + 1] & 0x80 != 0)
            var count = Int(bytes[place + 1] & 0x7F)
            let extra = count == 126 ? 2 : count == 127 ? 8 : 0
            if extra > 0 {
                count = bytes[place + 2..<place + 2 + extra].reduce(0) { $0 << 8 | Int($1) }
            }
            place += 2 + extra
            let mask = Array(bytes[place..<place + 4])
            place += 4
            let payload = (0..<count).map { bytes[place + $0] ^ mask[$0 % 4] }
            frames.append((opcode, mask, payload))
            place += count
        }
        return frames
    }
}
