import TestKit

/// What a soak over stores does to one of them.
struct StoreFault: Sendable, Equatable, CustomStringConvertible {
    enum Kind: String, Sendable, CaseIterable {
        /// One of the three servers that hold the S3 engine's data is killed, and started again.
        case killVolume
        /// The gateway that clients talk to is killed; the other one answers for it.
        case killGateway
        /// The bucket of JetStream's object store takes nothing more.
        case fullBucket
        /// The connections to a store end behind a byte.
        case cutStore
        /// A store takes connections and says nothing.
        case deadStore
    }

    let kind: Kind
    /// Which volume server.
    let number: Int
    /// Whose connections.
    let store: StoreLane.Kind
    /// After how many bytes they end.
    let cut: Int
    let length: Duration
    /// The quiet time behind it.
    let pause: Duration

    var description: String { "\(kind) \(number) \(store) behind \(cut) for \(length)" }

    /// Each kind once, in an order that the run's seed decides, again and again.
    static func round(using generator: inout SeededGenerator) -> [StoreFault] {
        Kind.allCases.shuffled(using: &generator).map { kind in
            StoreFault(
                kind: kind, number: Int.random(in: 0..<StoreStage.volumeCount, using: &generator),
                store: [.s3, .dav, .gateway].randomElement(using: &generator) ?? .s3,
                cut: Int.random(in: 0..<50_000, using: &generator),
                length: .milliseconds(Int.random(in: 800...2500, using: &generator)),
                pause: .milliseconds(Int.random(in: 100...800, using: &generator)))
        }
    }
}
