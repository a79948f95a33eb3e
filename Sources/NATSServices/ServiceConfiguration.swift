internal import BridgeBytes
public import NATSCore
public import NATSWire

/// What a service is, and how it is found.
public struct ServiceConfiguration: Sendable, Hashable {
    /// Its name, which all instances share: letters, digits, `-` and `_`.
    public var name: String
    /// Its version, as Semantic Versioning 2 writes it: `1.4.0`, `2.0.0-rc.1`.
    public var version: String
    /// A sentence for people.
    public var description = ""
    /// Anything that is to be found with it.
    public var metadata: [String: String] = [:]
    /// How the instances share the requests, where a group or an endpoint says nothing else.
    public var queueGroup = ServiceQueueGroup.default
    /// What the subjects begin with on which services are found; others use `$SRV`.
    public var prefix = Self.ownPrefix
    /// What services are found by everywhere.
    public static let ownPrefix = "$SRV"

    /// A service with a name and a version.
    public init(name: String, version: String, description: String = "") {
        self.name = name
        self.version = version
        self.description = description
    }
}

/// How the instances of a service share the requests to an endpoint.
public enum ServiceQueueGroup: Sendable, Hashable {
    /// Each request goes to one of the instances that name this group.
    case group(QueueGroup)
    /// Each request goes to every instance.
    case none

    /// What the field uses: one group called `q`.
    public static let `default` = ServiceQueueGroup.group("q")

    var queueGroup: QueueGroup? {
        if case .group(let group) = self { group } else { nil }
    }

    /// As it is told: no group is an empty text.
    var word: String { queueGroup?.text ?? "" }
}

/// How an endpoint listens and works.
public struct ServiceEndpointOptions: Sendable {
    /// Where it listens, behind the names of its groups; wildcards may stand in it. Nil: its name.
    public var subject: SubjectPattern?
    /// How the instances share its requests; nil: as its group says, or else the service.
    public var queueGroup: ServiceQueueGroup?
    /// Anything that is to be told with it.
    public var metadata: [String: String] = [:]
    /// Most requests that are worked on at the same time; at least 1. Others wait.
    public var concurrency = 16
    /// Most requests that wait, and what happens beyond.
    public var limits = SubscriptionLimits.default

    /// Sixteen at a time, on a subject of the endpoint's name.
    public init() {}
}

/// The rules for the names of services and endpoints (ADR-32).
package enum ServiceNames {
    /// Whether a service or an endpoint may have the name.
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// Whether it is a version of Semantic Versioning 2.
    package static func isVersion(_ text: String) -> Bool {
        let (front, build) = split(text, at: "+")
        if let build, !areIdentifiers(build, allowsLeadingZero: true) { return false }
        let (core, pre) = split(front, at: "-")
        if let pre, !areIdentifiers(pre, allowsLeadingZero: false) { return false }
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 3 && numbers.allSatisfy(isNumber)
    }

    private static func split(
        _ text: String, at mark: Character
    ) -> (front: String, rest: String?) {
        guard let index = text.firstIndex(of: mark) else { return (text, nil) }
        return (String(text[..<index]), String(text[text.index(after: index)...]))
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isDigit) && (text == "0" || text.first != "0")
    }

    private static func areIdentifiers(_ text: String, allowsLeadingZero: Bool) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            guard !part.isEmpty,
                part.utf8.allSatisfy({ isNameByte($0) && $0 != UInt8(ascii: "_") })
            else { return false }
            return allowsLeadingZero || !part.utf8.allSatisfy(isDigit) || isNumber(part)
        }
    }
}
