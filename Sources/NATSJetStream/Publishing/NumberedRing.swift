// Theory of operation.
//
// Things get consecutive numbers and are forgotten in nearly that order. So they stand in a ring of
// a power of two of places, whose place a number is by division: hashing each would cost more than
// all the rest, and a table of hashes twice the memory. The ring grows with what is kept, up to
// `greatest`. What the ring passes by (it is still kept when a whole turn of later ones has come)
// moves to `stragglers`.

/// A table of things by their numbers, which are given in order.
package struct NumberedRing<Element: Sendable>: Sendable {
    /// Most places; beyond, a table of hashes takes what is over.
    private static var greatest: Int { 1 << 20 }
    private static var least: Int { 64 }
    /// What stands for the number of a place that is free.
    private static var free: Int { -1 }

    /// The number that each place has; apart from the elements, so that looking for one touches
    /// none of these.
    private var numbers: [Int]
    private var elements: [Element?]
    private var stragglers: [Int: Element] = [:]
    package private(set) var count = 0
    /// The next number.
    package private(set) var next = 0

    package init() {
        numbers = Array(repeating: Self.free, count: Self.least)
        elements = Array(repeating: nil, count: Self.least)
    }

    /// Bytes of memory for all of it.
    package var memory: Int {
        numbers.capacity * MemoryLayout<Int>.stride
            + elements.capacity * MemoryLayout<Element?>.stride
            + stragglers.capacity * (MemoryLayout<Element>.stride + MemoryLayout<Int>.stride)
    }

    /// Keeps something; returns its number.
    package mutating func append(_ element: Element) -> Int {
        let number = next
        next += 1
        if count >= numbers.count, numbers.count < Self.greatest { grow() }
        let index = number & (numbers.count - 1)
        if numbers[index] != Self.free { stragglers[numbers[index]] = elements[index] }
        numbers[index] = number
        elements[index] = element
        count += 1
        return number
    }

    private mutating func grow() {
        let size = numbers.count * 2
        var largerNumbers = [Int](repeating: Self.free, count: size)
        var largerElements = [Element?](repeating: nil, count: size)
        for index in numbers.indices where numbers[index] != Self.free {
            let place = numbers[index] & (size - 1)
            largerNumbers[place] = numbers[index]
            largerElements[place] = elements[index].take()
        }
        (numbers, elements) = (largerNumbers, largerElements)
    }

    /// Where a number stands in the ring; nil: it does not.
    private func index(_ number: Int) -> Int? {
        guard number >= 0 else { return nil }
        let index = number & (numbers.count - 1)
        return numbers[index] == number ? index : nil
    }

    /// What has that number; nil: it is not kept, or never was.
    package subscript(number: Int) -> Element? {
        if let index = index(number) { return elements[index] }
        return stragglers.isEmpty ? nil : stragglers[number]
    }

    /// Forgets what has that number, and returns it.
    package mutating func remove(_ number: Int) -> Element? {
        if let index = index(number) {
            numbers[index] = Self.free
            count -= 1
            return elements[index].take()
        }
        guard !stragglers.isEmpty, let element = stragglers.removeValue(forKey: number) else {
            return nil
        }
        count -= 1
        return element
    }

    /// Forgets what has that number; returns whether it was kept. Spares taking it out.
    package mutating func discard(_ number: Int) -> Bool {
        guard let index = index(number) else { return remove(number) != nil }
        numbers[index] = Self.free
        elements[index] = nil
        count -= 1
        return true
    }

    /// Changes what has that number; returns what the change says, nil: it is not kept.
    @discardableResult
    package mutating func change<Result>(
        _ number: Int, _ change: (inout Element) -> Result
    ) -> Result? {
        if let index = index(number) {
            // Taken out meanwhile, so that nothing it points to is held twice.
            guard var element = elements[index].take() else { return nil }
            defer { elements[index] = element }
            return change(&element)
        }
        guard !stragglers.isEmpty, let found = stragglers.index(forKey: number) else { return nil }
        return change(&stragglers.values[found])
    }

    /// The numbers of what `isWanted`, in their order. Complexity: O(n log n).
    package func numbers(where isWanted: (Element) -> Bool) -> [Int] {
        var wanted: [Int] = []
        for index in numbers.indices where numbers[index] != Self.free {
            if let element = elements[index], isWanted(element) { wanted.append(numbers[index]) }
        }
        for (number, element) in stragglers where isWanted(element) { wanted.append(number) }
        return wanted.sorted()
    }
}
