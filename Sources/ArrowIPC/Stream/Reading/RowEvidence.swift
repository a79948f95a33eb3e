/// What the buffers of one message say about how many rows it has.
///
/// Null columns, structures without fields and runs have no buffer that grows with their rows, so
/// a few bytes may claim any number of them. A claim is fine when another column of the message
/// holds as many values in a buffer, whatever their number.
struct RowEvidence {
    private var claim: (count: Int, path: String)?
    private var proven = 0

    /// Notes values that no buffer holds.
    mutating func claim(_ count: Int, path: String) {
        if count > claim?.count ?? 0 { claim = (count, path) }
    }

    /// Notes values that a buffer holds.
    mutating func prove(_ count: Int) { proven = max(proven, count) }

    /// The largest claim, if no buffer holds as many values.
    var unproven: (count: Int, path: String)? {
        guard let claim, claim.count > proven else { return nil }
        return claim
    }
}
