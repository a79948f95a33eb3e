/// The order of one loop's events, for the question whether a loss was told where it happened.
struct SoakOrder {
    private struct Place {
        let number: Int
        let position: Int
    }

    /// The first place of each named message, by its process and in the order of numbers.
    private var places: [String: [Place]] = [:]
    private var known: Set<SoakTag> = []
    /// Where losses were told, in order.
    private var gaps: [Int] = []
    private let log: SoakLog

    init(_ log: SoakLog) {
        self.log = log
        for (position, event) in log.events.enumerated() {
            switch event {
            case .message(let tag, _), .failure(let tag, _):
                guard known.insert(tag).inserted else { continue }
                places[tag.process, default: []].append(
                    Place(number: tag.number, position: position))
            case .gap, .end: gaps.append(position)
            case .stray: break
            }
        }
        for process in places.keys { places[process]?.sort { $0.number < $1.number } }
    }

    /// Whether the loop was handed the message, or a failure that names it.
    func knows(_ tag: SoakTag) -> Bool { known.contains(tag) }

    /// Whether a loss was told between the neighbours of a missing message.
    /// - Parameter isLate: Whether it may have been lost behind later ones as well.
    func isCovered(_ tag: SoakTag, isLate: Bool) -> Bool {
        let places = places[tag.process] ?? []
        let next = Self.firstIndex(in: places.indices) { places[$0].number > tag.number }
        let before = next > 0 ? places[next - 1].position : -1
        let behind = next < places.count && !isLate ? places[next].position : .max
        let gap = Self.firstIndex(in: gaps.indices) { gaps[$0] > min(before, behind) }
        return gap < gaps.count && gaps[gap] < max(before, behind)
    }

    /// What the loop was handed around the place where a missing message should stand, in words.
    func surroundings(of tag: SoakTag) -> String {
        let places = places[tag.process] ?? []
        let next = Self.firstIndex(in: places.indices) { places[$0].number > tag.number }
        let place = next > 0 ? places[next - 1].position : 0
        return log.events[max(0, place - 2)..<min(log.events.count, place + 8)].map { event in
            switch event {
            case .message(let tag, _): "\(tag)"
            case .failure(let tag, let code): "\(tag) \(code)"
            case .gap: "(loss)"
            case .end: "(end)"
            case .stray: "(stray)"
            }
        }.joined(separator: " ")
    }

    /// The first index for which the test holds, of indices for which it holds from some on.
    private static func firstIndex(in range: Range<Int>, where holds: (Int) -> Bool) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
