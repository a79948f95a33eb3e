internal import BridgeBytes

/// Bounds how many values may be taken out of columns, by how many they hold.
///
/// Dictionaries, runs and list views let many values share others, at every level of nesting, so a
/// few bytes may stand for more values than any memory has. What real data shares is far below
/// the factor here.
package struct ValueBudget {
    /// How often, on average, a value may be taken.
    private static let factor = 64
    /// What small columns may take anyhow.
    private static let least = 1 << 20

    private var left: Int

    /// A budget for all values of some columns.
    package init(_ columns: [Column]) {
        let held = columns.reduce(0) { $0 &+ $1.heldCount }
        let (product, overflow) = held.multipliedReportingOverflow(by: Self.factor)
        left = overflow || held < 0 ? Int.max : Swift.max(product, Self.least)
    }

    /// Takes values out of the budget.
    /// - Throws: `limitExceeded` when it does not have that many left.
    package mutating func take(_ count: Int) throws(ArrowError) {
        guard count <= left else {
            throw ArrowError(
                .limitExceeded, stage: .column,
                "the values share their parts so often that they would not fit into memory")
        }
        left -= count
    }
}

extension Column {
    /// Number of values that the column and what is in it hold.
    fileprivate var heldCount: Int {
        var total = children.reduce(count) { $0 &+ $1.heldCount }
        if case .indices(_, let chunks) = storage {
            total = chunks.reduce(total) { $0 &+ $1.values.heldCount }
        }
        return total
    }
}
