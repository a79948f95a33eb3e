import BridgeBytes

/// What messages a stream of ours consists of, found by hand: a witness beside the reader.
enum MessageKinds {
    /// A letter for each message: s schema, d dictionary, D delta, b batch.
    static func text(of stream: Bytes) -> String {
        var text = ""
        var position = 0
        let span = stream.span
        func number(_ at: Int) -> Int { Int(span.littleEndian(Int32.self, at: at) ?? 0) }
        while position + 8 <= stream.count {
            let size = number(position + 4)
            guard size > 0 else { break }
            let start = position + 8
            let head = FlatView(stream[start..<start + size])
            let body = head.int64(3)
            switch head.byte(1) {
            case 1: text += "s"
            case 2: text += head.table(2)?.byte(2) == 1 ? "D" : "d"
            default: text += "b"
            }
            position = start + size + body
        }
        return text
    }

    /// The stream with another byte order stated in its schema.
    static func markedBigEndian(_ stream: Bytes, as order: UInt8 = 1) -> Bytes {
        let size = Int(stream.span.littleEndian(Int32.self, at: 4) ?? 0)
        var bytes = [UInt8](stream)
        if let schema = FlatView(stream[8..<8 + size]).table(2), let place = schema.place(0) {
            bytes[8 + place] = order
        }
        return Bytes(bytes)
    }

    /// A flatbuffer table, read without any check.
    private struct FlatView {
        let bytes: Bytes
        let table: Int

        init(_ bytes: Bytes, at table: Int? = nil) {
            self.bytes = bytes
            self.table = table ?? Int(bytes.span.littleEndian(Int32.self, at: 0) ?? 0)
        }

        func place(_ slot: Int) -> Int? {
            let vtable = table - Int(bytes.span.littleEndian(Int32.self, at: table) ?? 0)
            let size = Int(bytes.span.littleEndian(UInt16.self, at: vtable) ?? 0)
            guard 4 + 2 * slot < size else { return nil }
            let offset = Int(bytes.span.littleEndian(UInt16.self, at: vtable + 4 + 2 * slot) ?? 0)
            return offset == 0 ? nil : table + offset
        }

        func byte(_ slot: Int) -> UInt8 { place(slot).map { bytes[$0] } ?? 0 }

        func int64(_ slot: Int) -> Int {
            place(slot).map { Int(bytes.span.littleEndian(Int64.self, at: $0) ?? 0) } ?? 0
        }

        func table(_ slot: Int) -> FlatView? {
            place(slot).map {
                FlatView(bytes, at: $0 + Int(bytes.span.littleEndian(Int32.self, at: $0) ?? 0))
            }
        }
    }
}
