internal import BridgeBytes
internal import BridgeConsole
internal import BridgeJSON
internal import NATSJetStream

/// What streams and consumers are, for a program: the server's own keys.
enum JetStreamJSON {
    static func stream(_ info: StreamInfo) -> JSONValue {
        let state = info.state
        var object = JSONObject()
        object["name"] = .string(info.configuration.name)
        object["created"] = time(info.created)
        object["config"] = info.configuration.jsonValue
        object["state"] = [
            "messages": number(state.messages), "bytes": number(state.bytes),
            "first_seq": number(state.firstSequence), "first_ts": time(state.firstTime),
            "last_seq": number(state.lastSequence), "last_ts": time(state.lastTime),
            "num_subjects": JSONValue(state.subjectCount),
            "num_deleted": JSONValue(state.deletedCount),
            "consumer_count": JSONValue(state.consumerCount),
        ]
        object["cluster"] = info.cluster.map(cluster)
        object["ts"] = info.serverTime.map { time($0) }
        return .object(object)
    }

    static func consumer(_ info: ConsumerInfo) -> JSONValue {
        var object = JSONObject()
        object["stream_name"] = .string(info.stream)
        object["name"] = .string(info.name)
        object["created"] = time(info.created)
        object["config"] = info.configuration.jsonValue
        object["delivered"] = [
            "consumer_seq": number(info.deliveredSequence ?? 0),
            "stream_seq": number(info.deliveredStreamSequence ?? 0),
        ]
        object["ack_floor"] = ["stream_seq": number(info.ackFloor ?? 0)]
        object["num_ack_pending"] = JSONValue(info.ackPending)
        object["num_redelivered"] = JSONValue(info.redelivered)
        object["num_waiting"] = JSONValue(info.waiting)
        object["num_pending"] = number(info.pending)
        object["paused"] = .bool(info.isPaused)
        if let rest = info.pauseRemaining {
            object["pause_remaining_seconds"] = JSONValue(Figures.seconds(rest))
        }
        object["cluster"] = info.cluster.map(cluster)
        object["ts"] = info.serverTime.map { time($0) }
        return .object(object)
    }

    private static func cluster(_ info: ClusterInfo) -> JSONValue {
        [
            "name": info.name.map { .string($0) } ?? .null,
            "leader": info.leader.map { .string($0) } ?? .null,
            "replicas": .array(
                info.replicas.map { replica in
                    [
                        "name": .string(replica.name), "current": .bool(replica.isCurrent),
                        "offline": .bool(replica.isOffline), "lag": number(replica.lag),
                    ]
                }),
        ]
    }

    static func number(_ value: UInt64) -> JSONValue { .number(JSONNumber(value)) }

    static func time(_ moment: Timestamp?) -> JSONValue {
        moment.map { .string($0.description) } ?? .null
    }

    /// Bytes under one of two names: as text where they are text, else as base64.
    static func content(_ bytes: Bytes, as name: String, into object: inout JSONObject) {
        if let text = String(validating: bytes) {
            object[name] = .string(text)
        } else {
            object["\(name)_base64"] = .string(String(repairing: Base64.encode(bytes.span)))
        }
    }
}
