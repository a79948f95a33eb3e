internal import BridgeBytes

/// What is known of the values of one field.
struct ValueSummary {
    /// A value that was met, as text that does not keep its batch.
    struct Extreme {
        let key: ValueKey
        let text: String
    }

    /// A value of the batch in hand.
    private struct Candidate {
        let key: ValueKey
        let column: Column
        let position: Int

        /// The value, in the words that the known extension types have for theirs.
        func extreme(_ extensionName: String?) -> Extreme {
            let known = extensionName.flatMap {
                ValueSummary.extensions.text($0, column, position)
            }
            let limit = ValueSummary.textWidth
            let cell =
                known.map { .of($0, limit: limit) }
                ?? CellText.of(column, position, limit: limit)
            return Extreme(key: key.detached, text: cell.text)
        }
    }

    private(set) var count = 0
    private(set) var nulls = 0
    private(set) var least: Extreme?
    private(set) var greatest: Extreme?
    private var low: Candidate?
    private var high: Candidate?
    private var hashes: Set<Int> = []
    private var hasKeys = true
    private let extensionName: String?

    /// Different values beyond this many are not told apart.
    private static let mostDistinct = 10_000
    private static let textWidth = 40
    private static let extensions = ExtensionRegistry()

    /// - Parameter extensionName: The name of the field's extension type, if it has one.
    init(extensionName: String? = nil) { self.extensionName = extensionName }

    /// The number of different values; nil for types whose values have no order here.
    var distinctText: String? {
        guard hasKeys else { return nil }
        return hashes.count > Self.mostDistinct ? "> \(Self.mostDistinct)" : "\(hashes.count)"
    }

    mutating func addNull() {
        count += 1
        nulls += 1
    }

    /// Counts a value that is described by the fields inside it.
    mutating func addNested() {
        count += 1
        hasKeys = false
    }

    mutating func add(_ column: Column, _ position: Int) throws(ArrowError) {
        count += 1
        guard hasKeys else { return }
        guard let key = try ValueKey(column, position) else {
            hasKeys = false
            return
        }
        if hashes.count <= Self.mostDistinct { hashes.insert(key.hashValue) }
        guard !key.isNaN else { return }
        if low.map({ key < $0.key }) ?? true {
            low = Candidate(key: key, column: column, position: position)
        }
        if high.map({ $0.key < key }) ?? true {
            high = Candidate(key: key, column: column, position: position)
        }
    }

    /// Keeps of the batch in hand what is least and greatest, as text.
    mutating func settle() {
        if let low, least.map({ low.key < $0.key }) ?? true { least = low.extreme(extensionName) }
        if let high, greatest.map({ $0.key < high.key }) ?? true {
            greatest = high.extreme(extensionName)
        }
        (low, high) = (nil, nil)
    }
}
