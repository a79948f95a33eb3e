public import BridgeBytes
public import BridgeJSON

/// Who a service is: the answer to a ping, and the head of all others.
public struct ServiceIdentity: Sendable, Hashable {
    /// The name that all instances share.
    public let name: String
    /// The instance.
    public let id: String
    /// Its version.
    public let version: String
    /// What is to be found with it.
    public let metadata: [String: String]

    init(name: String, id: String, version: String, metadata: [String: String]) {
        self.name = name
        self.id = id
        self.version = version
        self.metadata = metadata
    }

    init?(_ answer: JSONValue) {
        guard let name = answer["name"]?.stringValue, let id = answer["id"]?.stringValue,
            let version = answer["version"]?.stringValue
        else { return nil }
        self.init(
            name: name, id: id, version: version, metadata: answer.strings("metadata"))
    }

    func json(_ type: String) -> JSONObject {
        [
            "type": .string("io.nats.micro.v1.\(type)"), "name": .string(name),
            "id": .string(id), "version": .string(version),
            "metadata": .strings(metadata),
        ]
    }
}

/// What a service offers.
public struct ServiceInfo: Sendable, Hashable {
    /// An endpoint of a service.
    public struct Endpoint: Sendable, Hashable {
        /// Its name.
        public let name: String
        /// Where it listens; wildcards may stand in it.
        public let subject: String
        /// The group in which the instances share its requests; empty when each gets all of them.
        public let queueGroup: String
        /// What is to be told with it.
        public let metadata: [String: String]
    }

    /// Who it is.
    public let identity: ServiceIdentity
    /// A sentence for people.
    public let description: String
    /// Its endpoints, in the order in which they were added.
    public let endpoints: [Endpoint]

    var json: JSONValue {
        var json = identity.json("info_response")
        json["description"] = .string(description)
        json["endpoints"] = .array(
            endpoints.map {
                [
                    "name": .string($0.name), "subject": .string($0.subject),
                    "queue_group": .string($0.queueGroup), "metadata": .strings($0.metadata),
                ]
            })
        return .object(json)
    }
}

/// What a service has done so far.
public struct ServiceStatistics: Sendable, Hashable {
    /// What an endpoint has done so far.
    public struct Endpoint: Sendable, Hashable {
        /// Its name.
        public let name: String
        /// Where it listens.
        public let subject: String
        /// The group in which the instances share its requests; empty when each gets all of them.
        public let queueGroup: String
        /// Requests that were answered, errors included.
        public let requests: Int
        /// Requests that were answered with an error.
        public let errors: Int
        /// The last of them, as number and text; empty when there is none.
        public let lastError: String
        /// Time that all answers together have taken.
        public let processingTime: Duration
        /// The mean of it for one answer.
        public let averageProcessingTime: Duration
        /// What the service itself counts; nil when that is nothing.
        public let data: JSONValue?
    }

    /// Who it is.
    public let identity: ServiceIdentity
    /// Since when it counts; nil when it does not say so in a form that can be read.
    public let started: Timestamp?
    /// Its endpoints, in the order in which they were added.
    public let endpoints: [Endpoint]

    var json: JSONValue {
        var json = identity.json("stats_response")
        json["started"] = started.map { .string($0.description) } ?? .null
        json["endpoints"] = .array(endpoints.map { .object($0.json) })
        return .object(json)
    }
}

extension ServiceInfo {
    init?(_ answer: JSONValue) {
        guard let identity = ServiceIdentity(answer) else { return nil }
        self.init(
            identity: identity, description: answer["description"]?.stringValue ?? "",
            endpoints: (answer["endpoints"]?.arrayValue ?? []).map {
                Endpoint(
                    name: $0["name"]?.stringValue ?? "",
                    subject: $0["subject"]?.stringValue ?? "",
                    queueGroup: $0["queue_group"]?.stringValue ?? "",
                    metadata: $0.strings("metadata"))
            })
    }
}

extension ServiceStatistics {
    init?(_ answer: JSONValue) {
        guard let identity = ServiceIdentity(answer) else { return nil }
        self.init(
            identity: identity,
            started: answer["started"]?.stringValue.flatMap { Timestamp($0) },
            endpoints: (answer["endpoints"]?.arrayValue ?? []).map(Endpoint.init))
    }
}

extension ServiceStatistics.Endpoint {
    fileprivate var json: JSONObject {
        [
            "name": .string(name), "subject": .string(subject),
            "queue_group": .string(queueGroup), "num_requests": .number(JSONNumber(requests)),
            "num_errors": .number(JSONNumber(errors)), "last_error": .string(lastError),
            "processing_time": .number(JSONNumber(processingTime.toldNanoseconds)),
            "average_processing_time": .number(JSONNumber(averageProcessingTime.toldNanoseconds)),
            "data": data ?? .object([:]),
        ]
    }

    fileprivate init(_ answer: JSONValue) {
        func time(_ name: String) -> Duration {
            .nanoseconds(max(0, answer[name]?.intValue ?? 0))
        }
        let data = answer["data"] ?? .null
        self.init(
            name: answer["name"]?.stringValue ?? "", subject: answer["subject"]?.stringValue ?? "",
            queueGroup: answer["queue_group"]?.stringValue ?? "",
            requests: max(0, answer["num_requests"]?.intValue ?? 0),
            errors: max(0, answer["num_errors"]?.intValue ?? 0),
            lastError: answer["last_error"]?.stringValue ?? "",
            processingTime: time("processing_time"),
            averageProcessingTime: time("average_processing_time"),
            data: data == .null || data == .object([:]) ? nil : data)
    }
}

extension JSONValue {
    /// Texts by name; peers write `null` where there are none.
    fileprivate func strings(_ name: String) -> [String: String] {
        guard let object = self[name]?.objectValue else { return [:] }
        var strings: [String: String] = [:]
        for (key, value) in object { strings[key] = value.stringValue }
        return strings
    }

    /// In the order of their names, so that the same is always written the same.
    fileprivate static func strings(_ strings: [String: String]) -> JSONValue {
        var object = JSONObject()
        for (key, value) in strings.sorted(by: { $0.key < $1.key }) { object[key] = .string(value) }
        return .object(object)
    }
}

extension Duration {
    /// As it is told: never below zero, and at most what fits (292 years).
    fileprivate var toldNanoseconds: Int {
        let (seconds, part) = components
        let (product, overflow) = Int(max(0, seconds)).multipliedReportingOverflow(
            by: 1_000_000_000)
        let (sum, carry) = product.addingReportingOverflow(Int(max(0, part) / 1_000_000_000))
        return overflow || carry ? .max : sum
    }
}
