internal import BridgeBytes
internal import Synchronization

/// Contexts of the process, one for each configuration: the system's authorities take tens of
/// milliseconds to read.
///
/// ## Theory of operation
/// A context is used for as long as the files that it was made of are as they were; whoever asks
/// for it looks at them first. When they have changed they are read again, and where they cannot be
/// used then, as in the middle of a rotation, the context of before is given, with the reason.
package final class TLSContextCache: Sendable {
    /// A context, and why it is not a newer one.
    package struct Found: Sendable {
        package let context: TLSContext
        /// Why the files of now cannot be used; nil: they are in use.
        package let staleness: TLSError?
    }

    private struct Entry {
        let configuration: TLSConfiguration
        var context: TLSContext
        var stamps: [FileStamp?]
        var staleness: TLSError?
    }

    /// That of the process.
    package static let shared = TLSContextCache()

    /// Configurations that are remembered; the one that was not asked for longest goes first.
    private static let limit = 32

    private let entries = Mutex<[Entry]>([])

    package init() {}

    /// The context of a configuration. Reads files, and so blocks the calling thread.
    /// - Throws: `TLSError`: `libraryMissing`, or `configuration` when there is no older one.
    package func context(for configuration: TLSConfiguration) throws(TLSError) -> Found {
        let library = try OpenSSL.library()
        let stamps = configuration.files(library).map { FileStamp($0) }
        let known = entries.withLock { entries -> Entry? in
            guard let index = entries.firstIndex(where: { $0.configuration == configuration })
            else { return nil }
            let entry = entries.remove(at: index)
            entries.append(entry)
            return entry
        }
        if let known, known.stamps == stamps {
            return Found(context: known.context, staleness: known.staleness)
        }
        do throws(TLSError) {
            let context = try TLSContext(configuration)
            remember(Entry(configuration: configuration, context: context, stamps: stamps))
            return Found(context: context, staleness: nil)
        } catch {
            guard var known else { throw error }
            known.stamps = stamps
            known.staleness = error
            remember(known)
            return Found(context: known.context, staleness: error)
        }
    }

    private func remember(_ entry: Entry) {
        // What goes is freed behind the lock.
        let gone = entries.withLock { entries -> [Entry] in
            let same = entries.filter { $0.configuration == entry.configuration }
            entries.removeAll { $0.configuration == entry.configuration }
            entries.append(entry)
            return entries.count > Self.limit ? same + [entries.removeFirst()] : same
        }
        _ = consume gone
    }
}

extension TLSConfiguration {
    /// The files that its context is made of.
    func files(_ library: OpenSSL) -> [String] {
        let authorities =
            switch trust {
            case .system: acceptsAnyCertificateInsecurely ? [] : library.systemTrustFiles
            case .authorities(let sources): sources.compactMap(\.path)
            }
        return authorities + [identity?.chain.path, identity?.key.path].compactMap { $0 }
    }
}
