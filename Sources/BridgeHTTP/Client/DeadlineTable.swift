/// What is due when, by numbers.
///
/// ## Theory of operation
/// A number is put in with its time and leaves when it is removed or taken as due, whichever
/// comes first, so nothing is due twice. The driver sleeps until `nextLook`, which is never
/// further away than `longestNap`: a sleep that an earlier time has made useless cannot be taken
/// back for free, since the runtime keeps a cancelled one until it would have ended.
package struct DeadlineTable: Sendable {
    /// Longest sleep: 1 s.
    package static let longestNap = Duration.seconds(1)

    private var times: [Int: ContinuousClock.Instant] = [:]
    private var last = 0

    package init() {}

    /// How many wait.
    package var count: Int { times.count }

    /// Returns the number under which it is kept.
    package mutating func add(_ time: ContinuousClock.Instant) -> Int {
        last += 1
        times[last] = time
        return last
    }

    /// Returns false when it is not there (any more).
    @discardableResult
    package mutating func remove(_ number: Int) -> Bool {
        times.removeValue(forKey: number) != nil
    }

    /// Takes out what is due, the earliest first. Complexity: O(n).
    package mutating func takeDue(_ now: ContinuousClock.Instant) -> [Int] {
        let due = times.filter { $0.value <= now }
        for number in due.keys { times[number] = nil }
        return due.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key)
    }

    /// When to look again; nil while nothing waits. Complexity: O(n).
    package func nextLook(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        times.values.min().map { min($0, now + Self.longestNap) }
    }
}
