internal import Synchronization

extension SHA256 {
    /// Takes whole blocks of 64 bytes, and changes the eight words of the state by them (FIPS
    /// 180-4, 6.2.2).
    package typealias Compressor = @Sendable (Span<UInt8>, inout SIMD8<UInt32>) -> Void

    /// From this many bytes at a time on others are asked: less is not worth loading anything.
    static let leastForOthers = 4 << 10

    /// What can take blocks faster than this package does. It is offered once for the process, and
    /// looked for when it is wanted first.
    ///
    /// A layer that knows a faster one stands above this one, so it comes here by itself.
    package final class Offer: Sendable {
        private let find: @Sendable () -> Compressor?

        private init(_ find: @escaping @Sendable () -> Compressor?) { self.find = find }

        /// What an offer came to.
        private final class Outcome: Sendable {
            let compressor: Compressor?

            init(_ compressor: Compressor?) { self.compressor = compressor }
        }

        private static let offer = AtomicLazyReference<Offer>()
        private static let outcome = AtomicLazyReference<Outcome>()

        /// Makes the process's offer; the first one counts.
        /// - Parameter find: Finds the compressor, perhaps by loading a library; nil where there is
        ///   none. It may be called more than once, on any thread.
        package static func make(_ find: @escaping @Sendable () -> Compressor?) {
            if offer.load() == nil { _ = offer.storeIfNil(Offer(find)) }
        }

        /// The compressor that was offered; nil: none was, or there is none.
        static var taken: Compressor? {
            if let outcome = outcome.load() { return outcome.compressor }
            guard let offer = offer.load() else { return nil }
            return outcome.storeIfNil(Outcome(offer.find())).compressor
        }
    }
}
