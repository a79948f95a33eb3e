import BridgeBytes

/// A transform that anybody can check: an opening of some bytes each way, then every byte is
/// changed by a number, in units that count as sent when they are whole.
final class XORTransform: ByteTransform {
    private let number: UInt8
    private let unit: Int
    private let greeting: [UInt8]
    private var awaited: Int
    private var received: [UInt8] = []
    private var output: [UInt8] = []
    private var made = 0
    private var left = 0
    private var marks: [(end: Int, count: Int)] = []
    private var hasEnded = false
    private(set) var phase = ByteTransformPhase.opening

    struct Refused: CodedError {
        var code: ErrorCode { .refused }
        var stageName: String { "greeting" }
        var place: String { "" }
        var detail: String { "the wrong greeting" }
    }

    init(_ number: UInt8, greeting: Int = 100, unit: Int = 1000) {
        self.number = number
        self.unit = unit
        self.greeting = [UInt8](repeating: number, count: greeting)
        awaited = greeting
    }

    func begin() {
        output += greeting
        made += greeting.count
        if awaited == 0 { phase = .open }
    }

    func receive(_ bytes: Span<UInt8>) {
        for index in bytes.indices { received.append(bytes[index]) }
        guard case .opening = phase else { return }
        let count = min(awaited, received.count)
        if received[..<count].contains(where: { $0 != number }) {
            output += [255]
            phase = .failed(Refused())
            return
        }
        received.removeFirst(count)
        awaited -= count
        if awaited == 0 { phase = .open }
    }

    func receiveEnd() {
        hasEnded = true
        if case .opening = phase { phase = .failed(Refused()) }
    }

    @unsafe func read(into memory: UnsafeMutableRawBufferPointer) -> ByteTransformReading {
        if case .failed(let error) = phase { return .failed(error) }
        guard !received.isEmpty else { return hasEnded ? .ended : .needsInput }
        let count = min(memory.count, received.count)
        for index in 0..<count { unsafe memory[index] = received[index] ^ number }
        received.removeFirst(count)
        return .moved(count)
    }

    func write(_ bytes: Span<UInt8>) -> Int {
        guard phase.isOpen, output.count < 8 * unit else { return 0 }
        let count = min(unit, bytes.count)
        for index in 0..<count { output.append(bytes[index] ^ number) }
        made += count
        marks.append((made, count))
        return count
    }

    func endWriting() {}

    var hasOutput: Bool { !output.isEmpty }

    func sendOutput(_ send: (Span<UInt8>) -> Int) {
        output.removeFirst(send(output.span))
    }

    func outputLeft(_ count: Int) -> Int {
        left += count
        var bytes = 0
        while let mark = marks.first, mark.end <= left {
            bytes += mark.count
            marks.removeFirst()
        }
        return bytes
    }
}
