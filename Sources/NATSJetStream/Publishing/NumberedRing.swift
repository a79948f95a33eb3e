// Theory of operation.
//
// Things get consecutive numbers and are forgotten in nearly that order. So they stand in a ring of
// a power of two of places, whose place a number is by division: hashing each would cost more than
// all the rest, and a table of hashes twice the memory. The ring grows with what is kept, up to
// `greatest`. What the ring passes by (it is still kept when a whole turn of later ones has come)
// moves to `stragglers`.

/// A table of things by their numbers, which are given in order.
package struct NumberedRing<Element: Sendable>: Sendable {
    private struct Place: Sendable {
        let number: Int
        var element: Element
    }

    /// Most places; beyond, a table of hashes takes what is over.
    private static var greatest: Int { 1 << 20 }
    private static var least: Int { 64 }

    private var places: [Place?]
    private var stragglers: [Int: Place] = [:]
    package private(set) var count = 0
    /// The next number.
    package private(set) var next = 0

    package init() { places = Array(repeating: nil, count: Self.least) }

    /// Bytes of memory for all of it.
    package var memory: Int {
        places.capacity * MemoryLayout<Place?>.stride
            + stragglers.capacity * (MemoryLayout<Place>.stride + MemoryLayout<Int>.stride)
    }

    /// Keeps something; returns its number.
    package mutating func append(_ element: Element) -> Int {
        let number = next
        next += 1
        if count >= places.count, places.count < Self.greatest { grow() }
        let index = number & (places.count - 1)
        if let passed = places[index] { stragglers[passed.number] = passed }
        places[index] = Place(number: number, element: element)
        count += 1
        return number
    }

    private mutating func grow() {
        var larger = [Place?](repeating: nil, count: places.count * 2)
        for case let place? in places { larger[place.number & (larger.count - 1)] = place }
        places = larger
    }

    /// Where a number stands in the ring; nil: it does not.
    private func index(_ number: Int) -> Int? {
        guard number >= 0 else { return nil }
        let index = number & (places.count - 1)
        return places[index]?.number == number ? index : nil
    }

    /// What has that number; nil: it is not kept, or never was.
    package subscript(number: Int) -> Element? {
        if let index = index(number) { return places[index]?.element }
        return stragglers.isEmpty ? nil : stragglers[number]?.element
    }

    /// Forgets what has that number, and returns it.
    package mutating func remove(_ number: Int) -> Element? {
        if let index = index(number), let place = places[index] {
            places[index] = nil
            count -= 1
            return place.element
        }
        guard !stragglers.isEmpty, let place = stragglers.removeValue(forKey: number) else {
            return nil
        }
        count -= 1
        return place.element
    }

    /// Changes what has that number; returns what the change says, nil: it is not kept.
    @discardableResult
    package mutating func change<Result>(
        _ number: Int, _ change: (inout Element) -> Result
    ) -> Result? {
        if let index = index(number), var place = places[index] {
            // Taken out meanwhile, so that nothing it points to is held twice.
            places[index] = nil
            defer { places[index] = place }
            return change(&place.element)
        }
        guard !stragglers.isEmpty, let found = stragglers.index(forKey: number) else { return nil }
        return change(&stragglers.values[found].element)
    }

    /// The numbers of what `isWanted`, in their order. Complexity: O(n log n).
    package func numbers(where isWanted: (Element) -> Bool) -> [Int] {
        var numbers: [Int] = []
        for case let place? in places where isWanted(place.element) { numbers.append(place.number) }
        for place in stragglers.values where isWanted(place.element) {
            numbers.append(place.number)
        }
        return numbers.sorted()
    }
}
