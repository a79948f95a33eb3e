internal import BridgeBytes

/// What to do with elements that do not fit between a producer and its consumer.
package enum DeliveryOverflow: Sendable, Hashable {
    /// Keep everything and ask the producer to pause: the limits are overrun by one batch.
    case pause
    /// Drop the elements that wait longest.
    case dropOldest
    /// Drop what comes.
    case dropNewest
    /// Drop what comes, and end with a failure after what waits.
    case fail
}

/// Elements that are missing between two that were delivered.
package struct DeliveryGap: Sendable, Hashable {
    /// Elements that were dropped here.
    package var count: Int
    package var weight: Int
    /// Whether more may be missing of which nobody knows.
    package var isOpen: Bool

    package init(count: Int = 0, weight: Int = 0, isOpen: Bool = false) {
        self.count = count
        self.weight = weight
        self.isOpen = isOpen
    }

    /// Whether nothing is missing.
    package var isEmpty: Bool { count == 0 && !isOpen }

    package static func += (left: inout DeliveryGap, right: DeliveryGap) {
        left.count += right.count
        left.weight += right.weight
        left.isOpen = left.isOpen || right.isOpen
    }
}

/// The elements that wait for a consumer, in batches, with the gaps between them.
///
/// ## Theory of operation
/// A batch stays as it came: an array and its weight. Dropping moves the start of the oldest
/// batch (`dropOldest`) or cuts the end of the newest (`dropNewest`, `fail`), and only then is an
/// element weighed by itself. What is dropped becomes a gap, which is told exactly where it is:
/// before the batch that follows it, or, when nothing follows yet, as soon as nothing waits
/// before it. Adjoining gaps are one.
///
///     gap | batch | gap | batch | tail gap
///
/// One element always fits, however heavy, so that a limit below its weight loses the flow of
/// messages but not all of them.
package struct DeliveryQueue<Element: Sendable>: Sendable {
    /// What is taken at a time.
    package enum Item {
        case elements([Element], weight: Int)
        case gap(DeliveryGap)
    }

    /// What adding a batch came to.
    package struct Addition: Equatable {
        /// Elements of this batch that were kept.
        package var kept = DeliveryGap()
        /// Elements that waited and were dropped for it.
        package var displaced = DeliveryGap()
        /// Elements of this batch that were dropped.
        package var refused = DeliveryGap()
    }

    private struct Batch: Sendable {
        var elements: [Element]
        /// Index of the first element that was not dropped.
        var start = 0
        var weight: Int
        var gap = DeliveryGap()
    }

    private let limits: DeliveryLimits
    private let weigh: @Sendable (Element) -> Int
    private var batches = Fifo<Batch>()
    private var tailGap = DeliveryGap()
    package private(set) var count = 0
    package private(set) var weight = 0

    package init(limits: DeliveryLimits, weigh: @escaping @Sendable (Element) -> Int) {
        self.limits = limits
        self.weigh = weigh
    }

    /// Whether there is nothing to take, not even a gap.
    package var isEmpty: Bool { batches.isEmpty && tailGap.isEmpty }

    /// Notes that elements may be missing between those that are here and those to come.
    package mutating func addOpenGap() { tailGap.isOpen = true }

    /// Takes elements back that were taken last, in front of everything else.
    package mutating func putBack(_ elements: [Element], weight: Int) {
        guard !elements.isEmpty else { return }
        count += elements.count
        self.weight += weight
        batches.insert(Batch(elements: elements, weight: weight), at: 0)
    }

    /// Adds a batch. Complexity: O(1), and O(1) for each element that is dropped.
    /// - Parameter overflow: What happens to what does not fit; nil: what the limits say.
    package mutating func add(
        _ elements: [Element], weight: Int, overflow: DeliveryOverflow? = nil
    ) -> Addition {
        let overflow = overflow ?? limits.overflow
        var addition = Addition()
        let fits =
            count + elements.count <= limits.maxCount
            && self.weight + weight <= limits.maxWeight
        if fits || overflow == .pause {
            addition.kept = DeliveryGap(count: elements.count, weight: weight)
            append(Batch(elements: elements, weight: weight))
        } else if overflow == .dropOldest {
            append(Batch(elements: elements, weight: weight))
            dropOldest(&addition, incoming: elements.count)
            addition.kept = DeliveryGap(
                count: elements.count - addition.refused.count,
                weight: weight - addition.refused.weight)
        } else {
            keepPrefix(of: elements, weight: weight, &addition)
        }
        return addition
    }

    private mutating func append(_ batch: Batch) {
        var batch = batch
        batch.gap += tailGap
        tailGap = DeliveryGap()
        count += batch.elements.count
        weight += batch.weight
        batches.append(batch)
    }

    /// Drops from the front until the limits are kept; the last element stays.
    private mutating func dropOldest(_ addition: inout Addition, incoming: Int) {
        while count > 1, count > limits.maxCount || weight > limits.maxWeight {
            let element = batches[0].elements[batches[0].start]
            let dropped = DeliveryGap(count: 1, weight: weigh(element))
            if count > incoming - addition.refused.count {
                addition.displaced += dropped
            } else {
                addition.refused += dropped
            }
            count -= 1
            weight -= dropped.weight
            batches[0].start += 1
            batches[0].weight -= dropped.weight
            batches[0].gap += dropped
            if batches[0].start == batches[0].elements.count {
                let gap = batches[0].gap
                removeHead()
                batches[0].gap += gap
            }
        }
    }

    /// Keeps as many of the first elements as fit.
    private mutating func keepPrefix(
        of elements: [Element], weight: Int, _ addition: inout Addition
    ) {
        var (keptCount, keptWeight) = (0, 0)
        for element in elements {
            let next = weigh(element)
            let isFirst = count + keptCount == 0
            guard
                isFirst
                    || count + keptCount < limits.maxCount
                        && self.weight + keptWeight + next <= limits.maxWeight
            else { break }
            keptCount += 1
            keptWeight += next
        }
        addition.kept = DeliveryGap(count: keptCount, weight: keptWeight)
        addition.refused = DeliveryGap(
            count: elements.count - keptCount, weight: weight - keptWeight)
        if keptCount > 0 {
            append(Batch(elements: Array(elements.prefix(keptCount)), weight: keptWeight))
        }
        tailGap += addition.refused
    }

    /// Takes the oldest gap or batch; nil when there is nothing.
    package mutating func take() -> Item? {
        guard !batches.isEmpty else {
            guard !tailGap.isEmpty else { return nil }
            defer { tailGap = DeliveryGap() }
            return .gap(tailGap)
        }
        if !batches[0].gap.isEmpty {
            defer { batches[0].gap = DeliveryGap() }
            return .gap(batches[0].gap)
        }
        let batch = batches[0]
        removeHead()
        let elements = batch.start == 0 ? batch.elements : Array(batch.elements[batch.start...])
        count -= elements.count
        weight -= batch.weight
        return .elements(elements, weight: batch.weight)
    }

    private mutating func removeHead() {
        // The elements are let go now, not when the array is compacted.
        batches[0].elements = []
        batches.dropFirst()
    }

    package mutating func removeAll() {
        batches.removeAll()
        tailGap = DeliveryGap()
        count = 0
        weight = 0
    }
}
