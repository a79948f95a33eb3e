internal import BridgeConsole
package import BridgeJSON

/// One thing that was measured, several times.
package struct BenchFigure: Sendable, Equatable {
    /// What one sample is.
    package enum Unit: String, Sendable, CaseIterable {
        case microseconds = "us"
        case messages = "messages/s"
        case megabytes = "MB/s"

        /// Whether less is better.
        package var isTime: Bool { self == .microseconds }

        /// A value as a person reads it.
        package func text(_ value: Double) -> String {
            switch self {
            case .microseconds: Figures.time(.seconds(value / 1e6))
            case .messages: Figures.grouped(Int(value.rounded())) + " /s"
            case .megabytes: Figures.bytes(Int((value * 1e6).rounded())) + "/s"
            }
        }
    }

    /// Shares of the samples whose values are kept: from the least to the greatest.
    static let shares = [
        0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1,
    ]

    /// `core.request`.
    package let name: String
    package let unit: Unit
    package let count: Int
    /// The value that a share of the samples does not exceed, in the order of `shares`.
    package let distribution: [Double]

    /// - Precondition: There is a sample.
    package init(_ name: String, _ unit: Unit, _ samples: [Double]) {
        precondition(!samples.isEmpty, "a figure has samples")
        self.name = name
        self.unit = unit
        count = samples.count
        let sorted = samples.sorted()
        distribution = Self.shares.map { share in
            let rank = Int((share * Double(sorted.count)).rounded(.up))
            // Whole microseconds have no more digits than a clock does.
            return (sorted[max(rank, 1) - 1] * 100).rounded() / 100
        }
    }

    /// The value that a share of the samples does not exceed.
    package func value(at share: Double) -> Double {
        let index = Self.shares.firstIndex { $0 >= share } ?? Self.shares.count - 1
        return distribution[index]
    }

    package var median: Double { value(at: 0.5) }

    /// From the value that 10 % do not exceed to the one that 90 % do not.
    package var spread: (low: Double, high: Double) { (value(at: 0.1), value(at: 0.9)) }

    /// Whether a value lies within the middle 80 % of the samples.
    package func isUsual(_ value: Double) -> Bool { (spread.low...spread.high).contains(value) }

    package var json: JSONValue {
        var object = JSONObject()
        object["name"] = .string(name)
        object["unit"] = .string(unit.rawValue)
        object["count"] = JSONValue(count)
        object["median"] = JSONValue(median)
        object["p10"] = JSONValue(spread.low)
        object["p90"] = JSONValue(spread.high)
        object["p99"] = JSONValue(value(at: 0.99))
        object["distribution"] = .array(
            zip(Self.shares, distribution).map { .array([JSONValue($0), JSONValue($1)]) })
        return .object(object)
    }

    /// A figure of a saved run; nil where something of it is missing or no number.
    package init?(_ json: JSONValue) {
        guard let name = json["name"]?.stringValue,
            let unit = json["unit"]?.stringValue.flatMap(Unit.init),
            let count = json["count"]?.intValue, count > 0,
            let pairs = json["distribution"]?.arrayValue, pairs.count == Self.shares.count
        else { return nil }
        self.name = name
        self.unit = unit
        self.count = count
        var values: [Double] = []
        for (pair, share) in zip(pairs, Self.shares) {
            guard let numbers = pair.arrayValue, numbers.count == 2,
                numbers[0].doubleValue == share, let value = numbers[1].doubleValue,
                value.isFinite
            else { return nil }
            values.append(value)
        }
        distribution = values
    }
}
