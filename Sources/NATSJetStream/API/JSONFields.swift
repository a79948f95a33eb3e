internal import BridgeBytes
internal import BridgeJSON
internal import NATSWire

/// Typed access to the fields of a JetStream answer.
///
/// A field that is missing or null has a fallback; one of the wrong kind is an error, never a
/// default. Fields that nobody asks for are ignored: servers add some.
struct JSONFields {
    let object: JSONObject
    let operation: String

    init(_ value: JSONValue?, operation: String) throws(JetStreamError) {
        guard let object = value?.objectValue else {
            throw JetStreamError(
                .unexpectedAnswer, operation: operation, detail: "a JSON object is missing")
        }
        self.object = object
        self.operation = operation
    }

    private func read<T>(
        _ name: String, _ convert: (JSONValue) -> T?
    ) throws(JetStreamError) -> T? {
        guard let value = object[name], value != .null else { return nil }
        guard let converted = convert(value) else {
            throw JetStreamError(
                .unexpectedAnswer, operation: operation, detail: "field \(name) is of a wrong kind")
        }
        return converted
    }

    func text(_ name: String) throws(JetStreamError) -> String? {
        try read(name) { $0.stringValue }
    }

    func flag(_ name: String) throws(JetStreamError) -> Bool {
        try read(name) { $0.boolValue } ?? false
    }

    func number(_ name: String) throws(JetStreamError) -> Int? {
        try read(name) { $0.intValue }
    }

    /// A sequence number or count: never negative, 0 when missing.
    func count(_ name: String) throws(JetStreamError) -> UInt64 {
        try read(name) { value in
            guard case .number(let number) = value else { return nil }
            return number.integer(as: UInt64.self)
        } ?? 0
    }

    /// A limit: nil when missing or when the server's "none" (zero or less).
    func limit(_ name: String) throws(JetStreamError) -> Int? {
        try number(name).flatMap { $0 > 0 ? $0 : nil }
    }

    /// A time span in nanoseconds: nil when missing or zero.
    func duration(_ name: String) throws(JetStreamError) -> Duration? {
        try limit(name).map { .nanoseconds($0) }
    }

    /// Time spans in nanoseconds.
    func durations(_ name: String) throws(JetStreamError) -> [Duration] {
        try read(name) { value in
            guard let items = value.arrayValue else { return nil }
            let numbers = items.compactMap(\.intValue)
            return numbers.count == items.count ? numbers.map { .nanoseconds($0) } : nil
        } ?? []
    }

    func timestamp(_ name: String) throws(JetStreamError) -> Timestamp? {
        try read(name) { $0.stringValue.flatMap { Timestamp($0) } }
    }

    func texts(_ name: String) throws(JetStreamError) -> [String] {
        try read(name) { value in
            guard let items = value.arrayValue else { return nil }
            let texts = items.compactMap(\.stringValue)
            return texts.count == items.count ? texts : nil
        } ?? []
    }

    func dictionary(_ name: String) throws(JetStreamError) -> [String: String] {
        try read(name) { value in
            guard let object = value.objectValue else { return nil }
            var result: [String: String] = [:]
            for (key, value) in object {
                guard let text = value.stringValue else { return nil }
                result[key] = text
            }
            return result
        } ?? [:]
    }

    func fields(_ name: String) throws(JetStreamError) -> JSONFields? {
        guard let value = object[name], value != .null else { return nil }
        return try JSONFields(value, operation: operation)
    }

    /// The objects of a list.
    func list(_ name: String) throws(JetStreamError) -> [JSONFields] {
        var list: [JSONFields] = []
        for item in try read(name, { $0.arrayValue }) ?? [] {
            list.append(try JSONFields(item, operation: operation))
        }
        return list
    }

    /// A subject with wildcards; nil when missing or empty.
    func pattern(_ name: String) throws(JetStreamError) -> SubjectPattern? {
        guard let text = try text(name), !text.isEmpty else { return nil }
        return try Self.pattern(text, name, operation)
    }

    /// Subjects with wildcards.
    func patterns(_ name: String) throws(JetStreamError) -> [SubjectPattern] {
        var patterns: [SubjectPattern] = []
        for text in try texts(name) { patterns.append(try Self.pattern(text, name, operation)) }
        return patterns
    }

    private static func pattern(
        _ text: String, _ name: String, _ operation: String
    ) throws(JetStreamError) -> SubjectPattern {
        do throws(SubjectError) { return try SubjectPattern(text) } catch {
            throw JetStreamError(
                .unexpectedAnswer, operation: operation, detail: "field \(name): \(error)")
        }
    }

    /// The error of an answer that lacks something.
    func missing(_ what: String) -> JetStreamError {
        JetStreamError(.unexpectedAnswer, operation: operation, detail: "\(what) is missing")
    }
}

extension Duration {
    /// Whole nanoseconds, as JetStream counts time; stays at the greatest number (292 years).
    /// A part of a nanosecond counts as one, since zero means something else.
    var wholeNanoseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let part = (attoseconds + (attoseconds > 0 ? 999_999_999 : 0)) / 1_000_000_000
        let (sum, carry) = product.addingReportingOverflow(part)
        return Int(carry ? (seconds < 0 ? .min : .max) : sum)
    }
}

extension Timestamp {
    /// The moment to the nanosecond, as JetStream's clock counts; `description` has milliseconds.
    var nanosecondText: String {
        let digits = String(nanoseconds)
        let zeros = String(repeating: "0", count: max(0, 9 - digits.count))
        return "\(description.prefix { $0 != "." }).\(zeros)\(digits)Z"
    }
}

extension [String: String] {
    /// Metadata without what the server itself notes down there, which is not ours to say.
    var withoutServerNotes: [String: String] { filter { !$0.key.hasPrefix("_nats.") } }
}

extension JSONObject {
    mutating func set(_ name: String, _ number: some FixedWidthInteger) {
        self[name] = .number(JSONNumber(number))
    }

    mutating func set(_ name: String, _ duration: Duration) {
        set(name, duration.wholeNanoseconds)
    }

    /// An object of texts, in the order of their names.
    init(_ entries: [String: String]) {
        self.init()
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) { self[key] = .string(value) }
    }
}
