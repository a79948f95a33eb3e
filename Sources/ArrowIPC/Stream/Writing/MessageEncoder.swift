internal import BridgeBytes

/// Writes the heads of messages with columns. Slots are those of `Message.fbs`.
struct MessageEncoder {
    private let count: Int
    private let content: BatchEncoder
    private var places: [(Int, Int)] = []
    private var bodyLength = 0

    /// - Parameter padding: gives the room that a buffer takes in the body.
    init(count: Int, content: BatchEncoder, padding: (Int) -> Int) {
        self.count = count
        self.content = content
        for buffer in content.buffers {
            places.append((bodyLength, buffer.count))
            bodyLength += padding(buffer.count)
        }
    }

    /// The head of a record batch message.
    func recordBatch(metadata: Metadata?) -> Bytes {
        var builder = FlatBuilder()
        let message = begin(.recordBatch, &builder, hasMetadata: metadata != nil)
        write(at: message[0], to: &builder)
        if let metadata { SchemaEncoder.write(metadata, at: message[1], to: &builder) }
        return builder.finish()
    }

    /// The head of a dictionary message.
    func dictionary(id: Int64, isDelta: Bool) -> Bytes {
        var builder = FlatBuilder()
        let message = begin(.dictionaryBatch, &builder, hasMetadata: false)
        let parts = builder.table(
            message[0], [.long(id), .reference, .byte(isDelta ? 1 : 0)])
        write(at: parts[0], to: &builder)
        return builder.finish()
    }

    private func begin(
        _ kind: MessageKind, _ builder: inout FlatBuilder, hasMetadata: Bool
    ) -> [FlatBuilder.Reference] {
        builder.table(
            builder.root,
            [
                .short(SchemaEncoder.version), .byte(kind.rawValue), .reference,
                .long(Int64(bodyLength)), hasMetadata ? .reference : .absent,
            ])
    }

    private func write(at reference: FlatBuilder.Reference, to builder: inout FlatBuilder) {
        let counts = content.variadicCounts
        let parts = builder.table(
            reference,
            [
                .long(Int64(count)), .reference, .reference,
                content.codec == nil ? .absent : .reference,
                counts.isEmpty ? .absent : .reference,
            ])
        builder.pairs(parts[0], content.nodes)
        builder.pairs(parts[1], places)
        if let codec = content.codec {
            _ = builder.table(parts[2], [.byte(codec.rawValue), .byte(0)])
        }
        if !counts.isEmpty, let last = parts.last { builder.integers(last, counts) }
    }
}
