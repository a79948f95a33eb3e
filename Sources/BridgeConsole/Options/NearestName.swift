/// Finds what a person probably meant to type.
package enum NearestName {
    /// The known name with the fewest edits from `name`, when they are few enough to be a slip:
    /// at most a third of the letters. Complexity: O(letters²) for each known name.
    package static func of(_ name: String, among known: [String]) -> String? {
        let ranked = known.map { (distance(name, $0), $0) }.min { $0.0 < $1.0 }
        guard let (edits, best) = ranked else { return nil }
        if best.hasPrefix(name), name.count >= 3 { return best }
        return edits <= max(1, best.count / 3) ? best : nil
    }

    /// Letters to insert, remove, replace or swap with the next one to get from one text to the
    /// other (optimal string alignment).
    package static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left), Array(right))
        var before: [Int] = []
        var row = Array(0...right.count)
        for i in left.indices {
            var next = [i + 1]
            for j in right.indices {
                var edits = min(
                    row[j] + (left[i] == right[j] ? 0 : 1), min(row[j + 1], next[j]) + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    edits = min(edits, before[j - 1] + 1)
                }
                next.append(edits)
            }
            (before, row) = (row, next)
        }
        return row[right.count]
    }
}
