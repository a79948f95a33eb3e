/// The conditional fields of a request against what is stored, in the order of RFC 9110
/// section 13.2.2: If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since, If-Range.
package struct Preconditions: Sendable {
    /// What is stored under the target.
    package struct Stored: Sendable, Hashable {
        package let tag: EntityTag
        /// Seconds since 1970.
        package let modified: Int

        package init(tag: EntityTag, modified: Int) {
            self.tag = tag
            self.modified = modified
        }
    }

    package enum Verdict: Sendable, Hashable {
        case proceed
        /// Answer 304.
        case notModified
        /// Answer 412.
        case failed
    }

    private let method: String
    private let fields: FieldList
    private let now: Int

    /// - Parameter now: Seconds since 1970, for dates with two-digit years.
    package init(method: String, fields: FieldList, now: Int) {
        self.method = method
        self.fields = fields
        self.now = now
    }

    private var isRead: Bool { method == "GET" || method == "HEAD" }

    /// - Parameter stored: nil when nothing is stored there.
    package func evaluate(_ stored: Stored?) -> Verdict {
        if let wanted = matches("If-Match", stored, strongly: true) {
            if !wanted { return .failed }
        } else if let date = date("If-Unmodified-Since"), let stored, stored.modified > date {
            return .failed
        }
        if let found = matches("If-None-Match", stored, strongly: false) {
            if found { return isRead ? .notModified : .failed }
        } else if isRead, let date = date("If-Modified-Since"), let stored,
            stored.modified <= date
        {
            return .notModified
        }
        return .proceed
    }

    /// Which part of the stored body to answer with. Ranges count for GET only; an If-Range that
    /// does not hold makes the whole body the answer (section 13.1.5).
    package func range(_ stored: Stored, size: Int) -> RangeRequest {
        let values = fields.values(for: "Range")
        guard method == "GET", values.count == 1 else { return .whole }
        if let condition = fields["If-Range"] {
            if let tag = EntityTag(parsing: condition) {
                guard tag.matchesStrongly(stored.tag) else { return .whole }
            } else {
                guard HTTPDate.parse(condition, now: now) == stored.modified else { return .whole }
            }
        }
        return RangeRequest(values[0], size: size)
    }

    /// Whether a list of tags names what is stored; nil without that field.
    private func matches(_ name: String, _ stored: Stored?, strongly: Bool) -> Bool? {
        guard fields.contains(name) else { return nil }
        let elements = fields.listElements(name)
        if elements == ["*"] { return stored != nil }
        guard let stored else { return false }
        return elements.contains { element in
            guard let tag = EntityTag(parsing: element) else { return false }
            return strongly
                ? tag.matchesStrongly(stored.tag) : tag.matchesWeakly(stored.tag)
        }
    }

    private func date(_ name: String) -> Int? {
        fields[name].flatMap { HTTPDate.parse($0, now: now) }
    }
}
