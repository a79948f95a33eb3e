/// First in, first out, on an array. Both ends are amortised O(1).
///
/// Inlinable, since it stands on the paths of every message.
@usableFromInline package struct Fifo<Element: Sendable>: Sendable {
    @usableFromInline var elements: [Element] = []
    @usableFromInline var head = 0

    /// A queue with nothing in it.
    @inlinable package init() {}

    /// Number of elements that wait.
    @inlinable package var count: Int { elements.count - head }

    /// Whether nothing waits.
    @inlinable package var isEmpty: Bool { head == elements.count }

    /// What comes out next.
    @inlinable package var first: Element? { head < elements.count ? elements[head] : nil }

    /// What came in last.
    @inlinable package var last: Element? { head < elements.count ? elements.last : nil }

    /// What waits, the first one first.
    @inlinable package var waiting: ArraySlice<Element> { elements[head...] }

    /// The element at a place behind the first one, which is at 0.
    @inlinable package subscript(position: Int) -> Element {
        get { elements[head + position] }
        _modify { yield &elements[head + position] }
    }

    /// Adds an element behind the others.
    @inlinable package mutating func append(_ element: Element) { elements.append(element) }

    /// Puts an element at a place, counted from the first one. Complexity: O(n).
    @inlinable package mutating func insert(_ element: Element, at position: Int) {
        elements.insert(element, at: head + position)
    }

    /// Takes the first element.
    @inlinable package mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        dropFirst()
        return element
    }

    /// Forgets the first element; its memory stays until half of the array is such.
    @inlinable package mutating func dropFirst() {
        precondition(head < elements.count, "nothing waits")
        head += 1
        if head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
    }

    /// Forgets everything, and the memory for it.
    @inlinable package mutating func removeAll() {
        elements = []
        head = 0
    }
}
