// Theory of operation.
//
// The pieces of an object lie in the stream in their order, with messages of others in between. An
// ordered read brings them; in a stream with replicas it goes to any of these, and one that is
// behind does not have all pieces of an object that has just been put. So when the read ends before
// the object does, the leader is asked for the rest, piece by piece: it has all that was
// acknowledged. Only what the leader does not have either is missing.
internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

/// The pieces of an object, as they lie in the stream.
struct ObjectPieces {
    private let store: ObjectBucket
    private let subject: SubjectPattern
    private var messages: OrderedMessages.Iterator?
    /// The number in the stream of the last piece that came.
    private var last: UInt64
    private let isUnbroken: Bool

    init(_ store: ObjectBucket, _ info: ObjectInfo, from start: PiecePlace) {
        self.store = store
        subject = SubjectPattern(store.names.chunks(of: info.id))
        (last, isUnbroken) = (start.sequence - min(start.sequence, 1), start.isUnbroken)
        var options = OrderedReadOptions()
        options.filters = [subject]
        (options.start, options.follows) = (.byStartSequence(start.sequence), false)
        options.maxBytes = ObjectContent.requestBytes(store, info)
        options.waitsForReplica = false
        messages = store.jetStream.orderedMessages(in: store.streamName, options: options)
            .makeAsyncIterator()
    }

    /// The next piece; nil when it is not there.
    mutating func next() async throws(JetStreamError) -> Bytes? {
        if let message = try await messages?.next() {
            return take(message.payload, message.metadata.streamSequence)
        }
        messages = nil
        // Behind the last number that there can be, there is nothing.
        guard last < .max else { return nil }
        do throws(JetStreamError) {
            let message = try await store.jetStream.nextMessage(
                on: subject, in: store.streamName, from: last + 1)
            return take(message.payload, message.sequence)
        } catch  where error.code == .messageNotFound {
            return nil
        }
    }

    /// Nil when there is a hole where a piece was.
    private mutating func take(_ piece: Bytes, _ sequence: UInt64) -> Bytes? {
        guard !isUnbroken || sequence == last &+ 1 else { return nil }
        last = sequence
        return piece
    }
}
