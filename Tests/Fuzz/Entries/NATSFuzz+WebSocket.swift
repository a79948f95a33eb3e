package import BridgeBytes
internal import HTTPWire

extension NATSFuzz {
    /// What a peer says on a WebSocket gives the same bytes and the same end whole and byte by
    /// byte. The first byte says whether the opening is part of the input.
    package static func webSocket(_ input: Bytes) -> String? {
        let bytes = Array(input)
        guard bytes.count > 1 else { return nil }
        let rest = Bytes(Array(bytes[1...]))
        let isOpen = bytes[0] & 1 == 1
        let whole = heard([rest], isOpen: isOpen)
        let single = heard(bytes[1...].map { Bytes([$0]) }, isOpen: isOpen)
        // Of text that is none, what came before is handed out piece by piece.
        let isText = whole.end == ErrorCode.invalidUTF8.rawValue
        guard isText || whole.payload == single.payload,
            single.payload.starts(with: whole.payload)
        else { return "another payload byte by byte" }
        guard whole.end == single.end else {
            return "the end is \(whole.end), byte by byte \(single.end)"
        }
        return whole.payload.count <= rest.count ? nil : "more payload than bytes"
    }

    /// The answer to a key of sixteen zeros.
    private static let answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n"

    private static func heard(
        _ pieces: [Bytes], isOpen: Bool
    ) -> (payload: [UInt8], end: String) {
        let opening = WebSocketOpening(
            authority: "h", target: "/", fields: FieldList(), key: [UInt8](repeating: 0, count: 16))
        let transform = WebSocketTransform(opening) { 0x0102_0304 }
        transform.begin()
        if isOpen { transform.receive(Bytes(utf8: answer).span) }
        var payload: [UInt8] = []
        var end = "none"
        var memory = [UInt8](repeating: 0, count: 64)
        for piece in pieces {
            transform.receive(piece.span)
            var isMore = true
            while isMore {
                let reading = unsafe memory.withUnsafeMutableBytes {
                    unsafe transform.read(into: $0)
                }
                isMore = false
                switch reading {
                case .moved(let count):
                    payload += memory[..<count]
                    isMore = true
                case .needsInput: break
                case .ended: end = "ended"
                case .failed(let error): end = error.code.rawValue
                }
            }
            transform.sendOutput { $0.count }
        }
        return (payload, end)
    }
}
