package import BridgeBytes

/// The ways in which a network may cut one input into pieces.
///
/// A parser must give the same answer for all of them. `Splits.of` yields the input whole, byte
/// by byte, cut in two at every position, and cut at random; for very short inputs also cut in
/// three at every pair of positions. An input longer than `exhaustive` bytes is cut in two only
/// near its ends and at random positions, since every position would take quadratic time.
package struct Splits: Sequence, Sendable {
    /// One way to cut: the pieces in order, and a name for the failure message.
    package struct Feed: Sendable, CustomStringConvertible {
        package let description: String
        package let pieces: [Bytes]
    }

    /// Up to this size, every position is tried.
    package static let exhaustive = 2048
    /// Up to this size, every pair of positions is tried.
    package static let exhaustivePairs = 40
    private static let randomFeeds = 16

    private let feeds: [[Int]]
    private let input: Bytes

    private init(_ input: Bytes, _ feeds: [[Int]]) {
        self.input = input
        self.feeds = feeds
    }

    /// All ways that are worth a try; the random ones come from the run's seed and `name`.
    package static func of(_ input: Bytes, name: String = #function) -> Splits {
        let count = input.count
        var generator = SeededGenerator(name)
        var feeds: [[Int]] = [[]]
        guard count > 1 else { return Splits(input, feeds) }
        feeds.append(Array(1..<count))
        feeds += positions(count, &generator).map { [$0] }
        if count <= exhaustivePairs {
            for first in 1..<count {
                for second in first + 1..<count + 1 where second < count {
                    feeds.append([first, second])
                }
            }
        }
        for _ in 0..<randomFeeds { feeds.append(randomCuts(count, &generator)) }
        return Splits(input, feeds)
    }

    private static func positions(_ count: Int, _ generator: inout SeededGenerator) -> [Int] {
        guard count > exhaustive else { return Array(1..<count) }
        let edge = exhaustive / 4
        let middle = (0..<edge).map { _ in Int.random(in: 1..<count, using: &generator) }
        return Array(1..<edge) + middle + Array(count - edge..<count)
    }

    private static func randomCuts(_ count: Int, _ generator: inout SeededGenerator) -> [Int] {
        var cuts: [Int] = []
        var position = 0
        let longest = Swift.max(2, count / 3)
        while true {
            position += Int.random(in: 1...longest, using: &generator)
            guard position < count else { return cuts }
            cuts.append(position)
        }
    }

    package func makeIterator() -> some IteratorProtocol<Feed> {
        let input = self.input
        return feeds.lazy.map { Self.feed(input, $0) }.makeIterator()
    }

    private static func feed(_ input: Bytes, _ cuts: [Int]) -> Feed {
        let bounds = [0] + cuts + [input.count]
        let pieces = zip(bounds, bounds.dropFirst()).map { input[$0..<$1] }
        return Feed(description: name(cuts, input.count), pieces: pieces)
    }

    private static func name(_ cuts: [Int], _ count: Int) -> String {
        switch cuts.count {
        case 0: "whole"
        case count - 1 where count > 3: "byte by byte"
        default: "cut at " + cuts.prefix(8).map(String.init).joined(separator: ", ")
        }
    }
}
