public import BridgeBytes
internal import NATSCore
public import NATSJetStream

extension ObjectBucket {
    /// The bytes of an object, whole and checked.
    ///
    /// Several readers ask for parts of it at the same time, where the writer has cut it evenly, as
    /// all clients but one do: worth it where the way to the server is long. Beside the server one
    /// is as fast.
    ///
    /// The bytes lie in one piece of memory. That of an object of 64 MiB and more is kept for the
    /// next one, for five minutes at most, unless the system is short of memory.
    ///
    /// Cancelling the task ends the wait with the code `cancelled`.
    /// - Parameters:
    ///   - limit: Most bytes that are taken into memory.
    ///   - readers: So many parts at a time, from 1 to `mostReaders`.
    /// - Throws: `JetStreamError` with `tooLarge`, `invalidArgument` for a number of readers that
    ///   cannot be, and as `content(of:)` and its sequence.
    public func bytes(
        of name: String, atMost limit: Int = 1 << 30, readers: Int = 1
    ) async throws(JetStreamError) -> Bytes {
        guard (1...Self.mostReaders).contains(readers) else {
            throw error(
                .invalidArgument, "object get",
                "an object has 1 to \(Self.mostReaders) readers, not \(readers)")
        }
        let content = try await content(of: name)
        guard content.info.size <= UInt64(max(0, limit)) else {
            throw error(
                .tooLarge, "object get",
                "\(name) has \(content.info.size) bytes, at most \(limit) are taken")
        }
        guard let region = ObjectMemory.region(content.info.size) else {
            var writer = ByteWriter(capacity: ObjectMemory.believedSize)
            for try await piece in content { writer.append(piece) }
            return writer.finish()
        }
        if readers > 1, content.info.hasEvenChunks, content.info.chunks >= readers,
            let bytes = try await content.store.bytes(content.info, readers: readers, region)
        {
            return bytes
        }
        // The sequence compares what has come with the size.
        var collector = PartCollector(region, 0..<region.capacity)
        for try await piece in content { collector.append(piece) }
        return collector.finish()
    }

    /// Most readers of one object: each has a consumer at the server.
    public static let mostReaders = 16

    /// Nil when its pieces are not what they have to be for this: it is cut otherwise, or damaged.
    private func bytes(
        _ info: ObjectInfo, readers: Int, _ region: ByteRegion
    ) async throws(JetStreamError) -> Bytes? {
        let parts = info.parts(readers)
        let run = try await run(of: info)
        do {
            return try await withThrowingTaskGroup(of: (Int, Bytes).self) { group in
                for (index, part) in parts.enumerated() {
                    group.addTask {
                        let place = Int(part.lowerBound)..<Int(part.upperBound)
                        var collector = PartCollector(region, place)
                        for try await piece in try await lane(part, of: info, run: run) {
                            collector.append(piece)
                        }
                        return (index, collector.finish())
                    }
                }
                // The digest follows what is there without a gap, while other parts come.
                var read = [Bytes?](repeating: nil, count: parts.count)
                var (next, size, digest) = (0, UInt64(0), ObjectDigest())
                for try await (index, bytes) in group {
                    read[index] = bytes
                    while next < read.count, let part = read[next] {
                        digest.update(part)
                        (next, size) = (next + 1, size + UInt64(part.count))
                    }
                }
                try await check(info, size, digest)
                return Bytes(region, 0..<region.capacity)
            }
        } catch let error as JetStreamError where error.code != .truncated {
            throw error
        } catch {
            // Read from its beginning, it tells what it is.
            return nil
        }
    }
}

extension ObjectInfo {
    /// Ranges of whole pieces that make up the object, at most as many as asked for. Its size is
    /// less than half of what 64 bits hold.
    func parts(_ count: Int) -> [Range<UInt64>] {
        let size = UInt64(chunkSize ?? 1)
        let step = UInt64(chunks / count + 1) * size
        return stride(from: 0, to: self.size, by: Int(clamping: step)).map { start in
            start..<min(start + step, self.size)
        }
    }
}
