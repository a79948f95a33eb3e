import BridgeBytes
import BridgeEnvelope
import BridgeJSON
import TestKit
import Testing

@Suite struct TransportPlanTests {
    private static let defaultLimit = 1_048_576

    private func item(_ count: Int, name: String = "data") -> TransportPlan.Item {
        let sample = Samples.direct(Bytes(), name: name)
        return TransportPlan.Item(
            id: sample.id, dataName: sample.dataName, typeName: sample.typeName,
            serializedCount: count)
    }

    private func plan(
        _ counts: [Int], threshold: Int = .max, maxPayload: Int = defaultLimit,
        headerCount: Int = 0, canLink: Bool = true
    ) throws(EnvelopeError) -> TransportPlan {
        try TransportPlan(
            Samples.envelope(), items: counts.map { item($0) }, threshold: threshold,
            maxPayload: maxPayload, headerCount: headerCount, canLink: canLink)
    }

    /// What a plan's choices make of payloads of these sizes, with links as long as allowed.
    private func written(_ counts: [Int], _ plan: TransportPlan) -> Bytes {
        var envelope = Samples.envelope()
        for (count, choice) in zip(counts, plan.choices) {
            var payload = Samples.direct(Bytes([UInt8](repeating: 0xFF, count: count)))
            if choice == .link { payload = longestLink(count) }
            envelope.payloads.append(payload)
        }
        return EnvelopeWriter.encode(envelope)
    }

    private func longestLink(_ count: Int) -> EnvelopePayload {
        var payload = Samples.direct(Bytes())
        let start = "http://127.0.0.1:8080/"
        payload.content = .link(start + String(repeating: "x", count: 512 - start.utf8.count))
        payload.statedSize = count
        payload.metadata = [
            IntegrityKey.checksum: .string(Checksum(of: Bytes(), .sha256).description),
            IntegrityKey.expiresAt: .string(Samples.time.description),
            IntegrityKey.contentEncoding: "gzip",
        ]
        return payload
    }

    @Test func theThresholdItselfGoesByLink() throws {
        #expect(try plan([999, 1000, 1001], threshold: 1000).choices == [.direct, .link, .link])
        #expect(try plan([0], threshold: 0).choices == [.link])
        #expect(try plan([5000], threshold: 1000, canLink: false).choices == [.direct])
    }

    @Test(arguments: [0, 200])
    func theEdgeIsExact(headerCount: Int) throws {
        let room = Self.defaultLimit - headerCount
        let envelope = EnvelopeWriter.encodedCount(Samples.envelope([Samples.direct(Bytes())]))
        // Six digits of size stand where the empty payload has one.
        let largest = (room - envelope - 5) / 4 * 3
        #expect(largest > 785_000 && largest < 786_000)
        let fits = try plan([largest], threshold: 1_000_000, headerCount: headerCount)
        #expect(fits.choices == [.direct])
        let body = written([largest], fits)
        #expect(body.count == fits.encodedCount)
        #expect(body.count <= room && body.count + 4 > room)
        let over = try plan([largest + 1], threshold: 1_000_000, headerCount: headerCount)
        #expect(over.choices == [.link])
    }

    /// A limit that a message fills to its last byte, and one that it exceeds by one.
    @Test func aMessageMayFillTheLimit() throws {
        let count = try plan([3000]).encodedCount
        #expect(try plan([3000], maxPayload: count, canLink: false).encodedCount == count)
        #expect(try plan([3000], maxPayload: count - 1).choices == [.link])
        #expect(try plan([3000], maxPayload: count + 7, headerCount: 7).choices == [.direct])
        #expect(try plan([3000], maxPayload: count + 6, headerCount: 7).choices == [.link])
    }

    @Test func theLargestSpillsFirst() throws {
        #expect(
            try plan([300_000, 400_000, 350_000]).choices == [.direct, .link, .direct])
        #expect(try plan([499_999, 499_999]).choices.count { $0 == .link } == 1)
        #expect(
            try plan([500_000, 600_000, 700_000], maxPayload: 65_536).choices
                == [.link, .link, .link])
    }

    @Test func withoutLinksTheErrorHasBothNumbers() throws {
        let need = try plan([900_000], maxPayload: .max).encodedCount
        let error = #expect(throws: EnvelopeError.self) {
            try plan([900_000], threshold: 1_000_000, headerCount: 10, canLink: false)
        }
        #expect(error?.code == .tooLarge)
        #expect(error?.need == need + 10)
        #expect(error?.limit == Self.defaultLimit)
    }

    @Test func smallPayloadsDoNotBecomeLongerLinks() {
        // A link takes more room than ten bytes: it cannot help.
        let error = #expect(throws: EnvelopeError.self) {
            try plan([Int](repeating: 10, count: 20), maxPayload: 2048)
        }
        #expect(error?.code == .tooLarge)
        #expect((error?.need ?? 0) > 2048)
    }

    @Test func theReserveHoldsTheIntegrityKeys() throws {
        let counts = [600_000, 700_000]
        let plan = try plan(counts, maxPayload: 65_536)
        let body = written(counts, plan)
        #expect(body.count <= plan.encodedCount)
        // The reserve is what the longest link needs and not much more.
        #expect(body.count + 2 * 16 >= plan.encodedCount)
    }

    /// For random sizes, limits and headers: what is written never exceeds the limit, a plan of
    /// direct payloads is exact, and nothing goes by link that need not.
    @Test(arguments: [65_536, 1_048_576, 8_388_608])
    func nothingExceedsTheLimit(_ limit: Int) throws {
        var generator = SeededGenerator("plan \(limit)")
        for _ in 0..<60 {
            let counts = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                Int.random(in: 0...min(limit * 2, 2 << 20), using: &generator)
            }
            let headers = Bool.random(using: &generator) ? 0 : 4096
            let plan = try plan(
                counts, threshold: 1_500_000, maxPayload: limit, headerCount: headers)
            let body = written(counts, plan)
            #expect(body.count + headers <= limit, "\(counts)")
            #expect(body.count <= plan.encodedCount)
            if !plan.choices.contains(.link) { #expect(body.count == plan.encodedCount) }
            for (count, choice) in zip(counts, plan.choices) where choice == .link {
                // Taking this one back would be too much, or it reached the threshold.
                let smallest = (zip(counts, plan.choices).filter { $0.1 == .link }.map(\.0)).min()
                guard count == smallest, count < 1_500_000 else { continue }
                let direct =
                    plan.encodedCount - item(count).encodedCount(.link)
                    + item(count).encodedCount(.direct)
                #expect(direct + headers > limit, "\(counts)")
            }
        }
    }
}
