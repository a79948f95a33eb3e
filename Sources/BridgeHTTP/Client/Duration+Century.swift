extension Duration {
    /// A span that can be added to any clock's time: a negative one counts as none, one of more
    /// than a century as a century, which nobody waits for.
    package var upToCentury: Duration { min(max(self, .zero), .seconds(3_155_760_000)) }
}
