// Theory of operation.
//
// A writer that is killed leaves pieces that no word names, in any client; so does one who may
// write into the store and not purge it. The last piece of each identifier and what is said of all
// objects are listed first, as any replica tells it. What no word of that list names may be named
// by now: so of each such identifier the leader is asked for the last piece, which says how old it
// is, and then for what is said of every object. Those of a put under way are told from others by
// their age alone. Before pieces are removed the leader is asked for the last one again: where
// another has come, somebody is still at it.
public import BridgeBytes
internal import BridgeSockets
internal import NATSCore
public import NATSJetStream
internal import NATSWire

/// Pieces in a store that no object names: those of a put that broke off, or of an object that was
/// replaced or removed by somebody who may not remove its bytes.
public struct ObjectLeftover: Sendable, Hashable {
    /// The identifier of the put.
    public let id: String
    /// When its last piece was stored, by the server's clock.
    public let stored: Timestamp
    /// The last piece's number in the stream.
    let sequence: UInt64
}

extension ObjectBucket {
    /// What takes room in the store and belongs to no object.
    ///
    /// Cancelling the task ends it with the code `cancelled`.
    /// - Parameter age: Only pieces of which the last was stored before that. A put whose source
    ///   pauses for longer looks like one that broke off: choose more than the longest pause.
    /// - Throws: `JetStreamError` with `invalidArgument` for a negative age, `unexpectedAnswer`
    ///   when what the store says of an object cannot be read, since its bytes are not known then,
    ///   `streamNotFound` when the store is gone, and what every call may throw.
    /// - Complexity: O(n) memory and messages for n objects, none of them with its bytes; and a
    ///   question to the leader for each of them when something is found.
    public func leftovers(
        olderThan age: Duration = .seconds(3600)
    ) async throws(JetStreamError) -> [ObjectLeftover] {
        guard age >= .zero else {
            throw error(.invalidArgument, "object leftovers", "an age is not negative")
        }
        let now = try await streamInfo().serverTime ?? WallClock.now
        guard let latest = now.advanced(by: .zero - age) else { return [] }
        var candidates = try await lastPieces()
        guard !candidates.isEmpty else { return [] }
        var named: Set<String> = []
        for info in try await objects() {
            try check(info, "object leftovers")
            named.insert(info.id)
        }
        candidates.removeAll { named.contains($0.id) || $0.stored >= latest }
        var leftovers: [ObjectLeftover] = []
        for candidate in candidates {
            guard let piece = try await lastPiece(candidate.id), piece.stored < latest else {
                continue
            }
            leftovers.append(piece)
        }
        guard !leftovers.isEmpty else { return [] }
        let known = try await identifiers()
        return leftovers.filter { !known.contains($0.id) }
    }

    /// The identifiers of all objects, as the leader knows them.
    private func identifiers() async throws(JetStreamError) -> Set<String> {
        var identifiers: Set<String> = []
        for try await said in jetStream.subjects(of: streamName, matching: names.infos) {
            do throws(JetStreamError) {
                let message = try await jetStream.lastMessage(on: said.subject, in: streamName)
                let info = ObjectInfo(
                    message.payload, on: said.subject, in: names, stored: message.time)
                try check(info, "object leftovers")
                if !info.isDeleted { identifiers.insert(info.id) }
            } catch  where error.code == .messageNotFound {
                continue
            }
        }
        return identifiers
    }

    /// The last piece of an identifier, as the leader knows it.
    private func lastPiece(_ id: String) async throws(JetStreamError) -> ObjectLeftover? {
        do throws(JetStreamError) {
            let piece = try await jetStream.lastMessage(on: names.chunks(of: id), in: streamName)
            return ObjectLeftover(id: id, stored: piece.time, sequence: piece.sequence)
        } catch  where error.code == .messageNotFound {
            return nil
        }
    }

    /// Removes what takes room in the store and belongs to no object.
    ///
    /// Cancelling the task ends it with the code `cancelled`; part of them may be removed.
    /// - Parameter age: As for `leftovers(olderThan:)`.
    /// - Returns: What was removed.
    /// - Throws: As `leftovers(olderThan:)`, `permissionDenied` when the user may not purge the
    ///   stream, and `refused` when the store is sealed.
    @discardableResult
    public func removeLeftovers(
        olderThan age: Duration = .seconds(3600)
    ) async throws(JetStreamError) -> [ObjectLeftover] {
        let leftovers = try await leftovers(olderThan: age)
        var removed: [ObjectLeftover] = []
        for leftover in leftovers where try await lastPiece(leftover.id) == leftover {
            _ = try await jetStream.purgeStream(
                streamName, subject: SubjectPattern(names.chunks(of: leftover.id)),
                before: leftover.sequence + 1)
            removed.append(leftover)
        }
        return removed
    }

    /// The last piece of each identifier, in the order in which they were stored.
    private func lastPieces() async throws(JetStreamError) -> [ObjectLeftover] {
        var options = OrderedReadOptions()
        options.filters = [names.chunks]
        (options.start, options.follows, options.headersOnly) = (.lastPerSubject, false, true)
        var pieces: [ObjectLeftover] = []
        for try await message in jetStream.orderedMessages(in: streamName, options: options) {
            let id = String(message.subject.text.dropFirst(names.chunksPrefix.count))
            guard ObjectNames.isIdentifier(id) else { continue }
            pieces.append(
                ObjectLeftover(
                    id: id, stored: message.metadata.timestamp,
                    sequence: message.metadata.streamSequence))
        }
        return pieces
    }

    /// What is to be told when pieces of an object are not there; nil: they all are.
    func missingPieces(
        of info: ObjectInfo, _ operation: String
    ) async throws(JetStreamError) -> JetStreamError? {
        guard info.chunks > 0 else { return nil }
        let subject = SubjectPattern(names.chunks(of: info.id))
        var held: UInt64 = 0
        for try await count in jetStream.subjects(of: streamName, matching: subject) {
            held += count.messages
        }
        guard held < UInt64(info.chunks) else { return nil }
        return JetStreamError(
            .contentLost, operation: operation, stream: streamName,
            detail: "\(UInt64(info.chunks) - held) of its \(info.chunks) pieces were removed from "
                + "the stream, or went by its limits, before it was whole",
            outcome: .lost)
    }
}

extension ErrorCode {
    /// Pieces of an object were gone before it was whole.
    public static let contentLost = ErrorCode(rawValue: "content_lost")
}
