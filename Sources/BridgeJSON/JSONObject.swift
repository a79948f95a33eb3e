/// The members of a JSON object in the order in which they stand.
///
/// Few members are searched one by one; an index of many is kept.
public struct JSONObject: Sendable, Hashable {
    private static let indexThreshold = 32
    private var entries: [(key: String, value: JSONValue)] = []
    private var index: [String: Int] = [:]

    /// An object without members.
    public init() {}

    /// Number of members.
    public var count: Int { entries.count }
    /// Whether there is no member.
    public var isEmpty: Bool { entries.isEmpty }

    private func position(of key: String) -> Int? {
        entries.count > Self.indexThreshold
            ? index[key] : entries.firstIndex { $0.key == key }
    }

    /// The value of a member. Setting one that exists keeps its place; setting nil removes it.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { entries[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): entries[position].value = value
            case (nil, let value?): append(key, value)
            case (let position?, nil):
                entries.remove(at: position)
                reindex()
            case (nil, nil): break
            }
        }
    }

    /// Adds a member that is not there yet; false when it is.
    package mutating func insert(_ key: String, _ value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        append(key, value)
        return true
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        entries.append((key, value))
        if entries.count == Self.indexThreshold + 1 {
            reindex()
        } else if entries.count > Self.indexThreshold {
            index[key] = entries.count - 1
        }
    }

    private mutating func reindex() {
        index.removeAll(keepingCapacity: true)
        guard entries.count > Self.indexThreshold else { return }
        for (position, entry) in entries.enumerated() { index[entry.key] = position }
    }

    /// Two objects are equal when they have the same members, in whatever order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.entries.allSatisfy { right[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(count) }
}

extension JSONObject: RandomAccessCollection, ExpressibleByDictionaryLiteral {
    public var startIndex: Int { 0 }
    public var endIndex: Int { entries.count }
    /// The member at a place, in the order in which they stand.
    public subscript(position: Int) -> (key: String, value: JSONValue) { entries[position] }

    /// A key that stands twice keeps its first place and its last value.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }
}
