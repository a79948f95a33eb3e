internal import Glibc

/// Where the values of an axis lie on a chart, and which of them are written beside it.
struct AxisPlace {
    /// About how many values are written.
    private static let wantedTicks = 7.0

    let ticks: [Double]
    private let scale: SVGChart.Scale
    private let range: (low: Double, high: Double)
    private let ends: (start: Double, end: Double)

    /// - Parameters:
    ///   - start: Where the least value lies on the picture.
    ///   - end: Where the greatest lies.
    init(_ values: [Double], _ scale: SVGChart.Scale, from start: Double, to end: Double) {
        self.scale = scale
        ends = (start, end)
        let usable = values.filter { Self.isDrawn($0) && (scale == .linear || $0 > 0) }
        let least = usable.min() ?? (scale == .linear ? 0 : 1)
        let greatest = usable.max() ?? least + 1
        switch scale {
        case .linear:
            // Bars and curves that stand on 0 are judged by their height.
            let low = min(least, 0)
            let step = Self.step(over: greatest > low ? greatest - low : 1)
            let high = max((greatest / step).rounded(.up) * step, low + step)
            range = (low, high)
            ticks = Self.steps(from: (low / step).rounded(.up) * step, to: high, by: step)
        case .logarithmic:
            let bounds = (low: least, high: greatest > least ? greatest : least * 10)
            range = bounds
            let decades = log10(bounds.high) - log10(bounds.low)
            let digits = decades < 4 ? [1.0, 2, 5] : [1]
            let powers = Self.steps(
                from: floor(log10(least)), to: ceil(log10(bounds.high)), by: 1)
            // Of many decades not each is written.
            let every = max(1, Int((decades / 10).rounded(.up)))
            ticks = powers.enumerated().filter { $0.offset % every == 0 }.flatMap { power in
                digits.map { $0 * pow(10, power.element) }
            }
        }
    }

    /// Where a value lies; nil for what has no place.
    func position(_ value: Double) -> Double? {
        guard Self.isDrawn(value) else { return nil }
        let share: Double
        switch scale {
        case .linear: share = (value - range.low) / (range.high - range.low)
        case .logarithmic:
            guard value > 0 else { return nil }
            share = (log(value) - log(range.low)) / (log(range.high) - log(range.low))
        }
        guard share.isFinite, share > -0.0001, share < 1.0001 else { return nil }
        return ends.start + share * (ends.end - ends.start)
    }

    /// What is beyond has no place: differences of such numbers could not be counted.
    private static func isDrawn(_ value: Double) -> Bool {
        value == 0 || (1e-250...1e250).contains(value.magnitude)
    }

    /// 1, 2 or 5 times a power of ten.
    private static func step(over span: Double) -> Double {
        let power = pow(10, floor(log10(span / wantedTicks)))
        let digits = [1.0, 2, 5, 10].first { span / ($0 * power) <= wantedTicks } ?? 10
        return digits * power
    }

    private static func steps(from low: Double, to high: Double, by step: Double) -> [Double] {
        let count = Int(((high - low) / step + 0.001).rounded(.down))
        return (0...max(0, min(count, 1000))).map { low + Double($0) * step }
    }
}
