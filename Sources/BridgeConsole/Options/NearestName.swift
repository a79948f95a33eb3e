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

    /// Letters to insert, remove or replace to get from one text to the other (Levenshtein).
    package static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let replaced = diagonal + (letter == right[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, min(diagonal, row[j]) + 1)
            }
        }
        return row[right.count]
    }
}
