// Theory of operation.
//
// What is said of a name is read, changed and said again, and others do the same meanwhile. So each
// word names the one that it takes the place of (`Nats-Expected-Last-Subject-Sequence`), and the
// server refuses it when another one has come between: the newer word is read then, and the change
// made to that. So a word never brings back an object whose bytes are gone, and the bytes of each
// object are removed by the one who has put another word in its place. Peers that say what they
// want whatever was said before are not held up by this, nor harmed.
internal import BridgeBytes
internal import NATSCore
internal import NATSJetStream
internal import NATSWire

/// What a store says of a name.
struct ObjectWord: Sendable {
    /// nil: nothing was said, or nothing is left of it.
    var info: ObjectInfo?
    /// The number of the message that says it; 0 for none.
    var sequence: UInt64 = 0

    /// nil also for what was removed.
    var present: ObjectInfo? { info.flatMap { $0.isDeleted ? nil : $0 } }

    /// Whether it says just that.
    func says(_ other: ObjectInfo) -> Bool {
        var info = info
        info?.modified = other.modified
        return info == other
    }
}

extension ObjectBucket {
    /// Attempts to say something of a name of which others say something again and again. Each
    /// attempt that is lost is somebody else's success.
    private static let mostAttempts = 64
    /// Longest pause between two attempts.
    private static let longestPause: Duration = .milliseconds(100)

    /// What is said of a name now; the leader knows.
    /// - Throws: `JetStreamError` with `invalidArgument` for an empty name or one that is too long,
    ///   and what every call may throw.
    func word(of name: String, _ operation: String) async throws(JetStreamError) -> ObjectWord {
        guard !name.isEmpty else {
            throw error(.invalidArgument, operation, "an object has a name")
        }
        guard names.info(of: name).bytes.count <= ObjectNames.longestSubject else {
            throw error(
                .invalidArgument, operation, "a name of \(name.utf8.count) bytes is too long")
        }
        do throws(JetStreamError) {
            let message = try await jetStream.lastMessage(on: names.info(of: name), in: streamName)
            var info = ObjectInfo(
                message.payload, on: names.info(of: name), in: names, stored: message.time)
            // The subject counts, whatever name somebody has written into the message.
            info.name = name
            return ObjectWord(info: info, sequence: message.sequence)
        } catch  where error.code == .messageNotFound {
            return ObjectWord()
        }
    }

    /// Says what an object is, in place of what was said before.
    /// - Returns: The number of the message; nil when something else has been said meanwhile.
    func say(
        _ info: ObjectInfo, inPlaceOf word: ObjectWord, _ operation: String
    ) async throws(JetStreamError) -> UInt64? {
        var options = PublishOptions()
        (options.rollup, options.expectedLastSubjectSequence) = (.subject, word.sequence)
        do throws(JetStreamError) {
            return try await jetStream.publish(
                info.message, to: names.info(of: info.name), options: options
            ).sequence
        } catch  where error.code == .conditionFailed {
            return nil
        }
    }

    /// Says of a name what `change` makes of what is said of it, and once more when something else
    /// has been said meanwhile.
    /// - Parameter known: What was said when this began; nil: it is read.
    /// - Returns: What was said before.
    @discardableResult
    func replaceWord(
        of name: String, known: ObjectWord? = nil, _ operation: String,
        _ change: (ObjectWord) throws(JetStreamError) -> ObjectInfo
    ) async throws(JetStreamError) -> ObjectWord {
        var word = known ?? ObjectWord()
        if known == nil { word = try await self.word(of: name, operation) }
        for attempt in 0..<Self.mostAttempts {
            let info = try change(word)
            if try await say(info, inPlaceOf: word, operation) != nil { return word }
            let newer = try await self.word(of: name, operation)
            // The answer to it was lost, and it was sent again.
            if newer.says(info) { return word }
            // A word that is on its way to the replicas is in the way, and cannot be read yet.
            if newer.sequence == word.sequence { try await pause(attempt, operation) }
            word = newer
        }
        throw overtaken(operation)
    }

    private func pause(_ attempt: Int, _ operation: String) async throws(JetStreamError) {
        let pause = min(Self.longestPause, .milliseconds(1 << min(attempt, 10)))
        do { try await ContinuousClock().sleep(for: pause) } catch {
            throw self.error(.cancelled, operation, "it was cancelled")
        }
    }

    private func overtaken(_ operation: String) -> JetStreamError {
        JetStreamError(
            .conditionFailed, operation: operation, stream: streamName,
            detail: "others have changed it \(Self.mostAttempts) times meanwhile",
            outcome: .denied)
    }

    /// Gives an object another name and other notes.
    ///
    /// Both names lead to its bytes for a moment. Should the old one lead to another object by
    /// then, that one's put takes the bytes away, and the new name with them.
    func rename(
        _ name: String, to newName: String, _ notes: ObjectInfo.Notes, _ operation: String
    ) async throws(JetStreamError) -> ObjectInfo {
        for _ in 0..<Self.mostAttempts {
            let old = try await word(of: name, operation)
            var info = try existing(old, name, operation)
            let other = try await word(of: newName, operation)
            guard other.present == nil else {
                throw error(.objectExists, operation, "the store has an object \(newName)")
            }
            (info.name, info.notes) = (newName, notes)
            guard let sequence = try await say(info, inPlaceOf: other, operation) else { continue }
            // Only this word, not one that came after it: the count tells which it was.
            let removed = try await jetStream.purgeStream(
                streamName, subject: SubjectPattern(names.info(of: name)),
                before: old.sequence + 1)
            guard removed == 0 else { return info }
            try await takeBack(ObjectWord(info: info, sequence: sequence), operation)
        }
        throw overtaken(operation)
    }

    /// Says that a name has no object, if nothing has been said of it since, and of no bytes that
    /// anybody could remove.
    private func takeBack(
        _ word: ObjectWord, _ operation: String
    ) async throws(JetStreamError) {
        guard var info = word.info else { return }
        var generator = SystemGenerator()
        info.remove()
        info.id = UniqueID.token(using: &generator)
        _ = try await say(info, inPlaceOf: word, operation)
    }

    /// What is said of an object that must be there, and readable.
    func existing(
        _ word: ObjectWord, _ name: String, _ operation: String
    ) throws(JetStreamError) -> ObjectInfo {
        guard let info = word.present else { throw absent(name, operation) }
        try check(info, operation)
        return info
    }

    /// Refuses what cannot be read.
    func check(_ info: ObjectInfo, _ operation: String) throws(JetStreamError) {
        guard let fault = info.fault else { return }
        throw error(
            .unexpectedAnswer, operation,
            "what the store says of \(info.name) cannot be read: \(fault)")
    }

    func absent(_ name: String, _ operation: String) -> JetStreamError {
        error(.objectNotFound, operation, "the store has no object \(name)")
    }
}

extension ObjectInfo {
    /// Makes it say that the object was removed.
    mutating func remove() {
        (isDeleted, size, chunks, digest) = (true, 0, 0, nil)
        (link, notes, fault) = (nil, Notes(), nil)
    }
}
