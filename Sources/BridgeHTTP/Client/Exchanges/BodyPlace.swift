package import BridgeBytes

/// Where a body of known length goes: all of a region, or a part of one that several answers fill.
///
/// Parts that are filled at the same time do not overlap, and nobody reads one before its answer is
/// whole.
package struct BodyPlace: Sendable {
    package let region: ByteRegion
    package let range: Range<Int>

    /// - Parameter range: Inside the region; nil for all of it.
    package init(_ region: ByteRegion, _ range: Range<Int>? = nil) {
        let range = range ?? 0..<region.capacity
        precondition(
            range.lowerBound >= 0 && range.upperBound <= region.capacity, "outside the region")
        (self.region, self.range) = (region, range)
    }
}
