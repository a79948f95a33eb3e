/// Two transforms as one: the upper one has the application's bytes, the lower one the transport's,
/// as WebSocket stands over TLS.
///
/// ## Theory of operation
/// The lower one opens first; then the upper one begins, its output going through the lower one as
/// the application's bytes do later. In the other direction the upper one is handed what the lower
/// one has read, a piece at a time and only when it has used up the one before. What the transport
/// took is counted down to the application by asking the lower one, then the upper one.
package final class StackedTransform: ByteTransform {
    private let upper: any ByteTransform
    private let lower: any ByteTransform
    private var hasBegunUpper = false
    /// Where bytes pass from the lower one to the upper one.
    private var passage: [UInt8]

    /// Size of the pieces that are handed up, in bytes.
    private static let passageSize = 32 << 10

    package init(_ upper: any ByteTransform, over lower: any ByteTransform) {
        self.upper = upper
        self.lower = lower
        passage = [UInt8](repeating: 0, count: Self.passageSize)
    }

    package var phase: ByteTransformPhase {
        switch lower.phase {
        case .open: upper.phase
        case .opening, .failed: lower.phase
        }
    }

    package func begin() {
        lower.begin()
        open()
    }

    package func receive(_ bytes: Span<UInt8>) {
        lower.receive(bytes)
        open()
    }

    package func receiveEnd() {
        lower.receiveEnd()
        open()
    }

    /// Goes on with the opening as far as what came allows.
    private func open() {
        guard lower.phase.isOpen else { return }
        if !hasBegunUpper {
            hasBegunUpper = true
            upper.begin()
        }
        while case .opening = upper.phase {
            passDown()
            switch passUp() {
            case .moved: continue
            case .ended: return upper.receiveEnd()
            case .needsInput, .failed: return
            }
        }
        passDown()
    }

    /// Hands one piece from the lower transform to the upper one.
    private func passUp() -> ByteTransformReading {
        // A local one while it is used, as its span cannot be that of a class's property.
        var piece: [UInt8] = []
        swap(&piece, &passage)
        defer { swap(&piece, &passage) }
        // Sound: the lower one writes inside the array, and says how much of it.
        let reading = unsafe piece.withUnsafeMutableBytes { unsafe lower.read(into: $0) }
        if case .moved(let count) = reading { upper.receive(piece.span.extracting(0..<count)) }
        return reading
    }

    /// Hands the upper one's output to the lower one, as far as it takes it.
    private func passDown() {
        while upper.hasOutput {
            var taken = 0
            upper.sendOutput { bytes in
                taken = lower.write(bytes)
                return taken
            }
            guard taken > 0 else { return }
        }
    }

    @unsafe package func read(
        into memory: UnsafeMutableRawBufferPointer
    ) -> ByteTransformReading {
        while true {
            let reading = unsafe upper.read(into: memory)
            guard case .needsInput = reading else { return reading }
            let passed = passUp()
            switch passed {
            case .moved: continue
            case .needsInput, .failed: return passed
            case .ended:
                // What the upper one makes of an end that it did not announce.
                upper.receiveEnd()
                let last = unsafe upper.read(into: memory)
                guard case .needsInput = last else { return last }
                return .ended
            }
        }
    }

    package func write(_ bytes: Span<UInt8>) -> Int {
        passDown()
        guard !upper.hasOutput else { return 0 }
        let count = upper.write(bytes)
        passDown()
        return count
    }

    package func endWriting() {
        upper.endWriting()
        passDown()
        if !upper.hasOutput { lower.endWriting() }
    }

    package var hasOutput: Bool { lower.hasOutput || upper.hasOutput }

    package func sendOutput(_ send: (Span<UInt8>) -> Int) {
        passDown()
        lower.sendOutput(send)
    }

    package func outputLeft(_ count: Int) -> Int {
        let left = upper.outputLeft(lower.outputLeft(count))
        // There may be room in the lower one now.
        passDown()
        return left
    }
}
