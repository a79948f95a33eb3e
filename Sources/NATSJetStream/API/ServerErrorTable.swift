// Theory of operation.
//
// The numbers of the API's errors are the server's (`err_code`, ADR-7); its words change from
// version to version, and old servers leave the number out. One table says for every number what
// kind of failure it is here, and what it means in words, for answers that bring none. A number
// that is not in the table is `refused`, with the server's words.
internal import BridgeBytes

/// What the numbers of the API's errors mean.
enum ServerErrorTable {
    struct Row: Sendable {
        let kind: ErrorCode
        let text: String
    }

    /// What a number means; nil when it is not known here.
    static subscript(number: Int) -> Row? { rows[number] }

    static let rows: [Int: Row] = {
        var rows: [Int: Row] = [:]
        for line in table.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let number = Int(parts[0]) else { continue }
            let kind = kinds.first { $0.rawValue == parts[1] }
            rows[number] = Row(kind: kind ?? .refused, text: String(parts[2]))
        }
        return rows
    }()

    /// The kinds that stand in the table; everything else is `refused`.
    static let kinds: [ErrorCode] = [
        .streamNotFound, .streamNameInUse, .consumerNotFound, .consumerNameInUse, .messageNotFound,
        .conditionFailed, .tooLarge, .limitExceeded, .storageFull, .unavailable,
        .jetStreamDisabled, .serverTooOld,
    ]

    /// Number, kind and meaning of each error; those of server 2.15.
    private static let table = """
        10002 storage_full resource limits exceeded for account
        10003 refused bad request
        10004 unavailable incomplete results
        10005 refused no suitable peers for placement
        10006 refused JetStream not in clustered mode
        10007 refused JetStream cluster not assigned to this server
        10008 unavailable JetStream system temporarily unavailable
        10009 unavailable JetStream cluster can not handle request
        10010 refused JetStream clustering support required
        10011 refused tags placement not supported for operation
        10012 refused the consumer could not be made
        10013 consumer_name_in_use consumer name already in use
        10014 consumer_not_found consumer not found
        10015 refused deliver subject not valid
        10016 refused consumer expected to be durable but no durable name set in subject
        10017 refused consumer name in subject does not match durable name in request
        10018 refused consumer expected to be durable but a durable name was not set
        10019 refused consumer expected to be ephemeral but detected a durable name set in subject
        10020 refused consumer expected to be ephemeral but a durable name was set in request
        10021 refused stream external api prefix must not overlap with subjects
        10022 refused stream external delivery prefix overlaps with stream subject
        10023 storage_full insufficient resources
        10024 refused stream external delivery prefix must not contain wildcards
        10025 refused invalid JSON
        10026 limit_exceeded maximum consumers limit reached
        10027 limit_exceeded maximum number of streams reached
        10028 storage_full insufficient memory resources available
        10029 refused the consumer of a mirror could not be made
        10030 refused stream mirror must have max message size >= source
        10031 refused stream mirrors can not also contain other sources
        10032 refused stream mirrors can not have both start seq and start time configured
        10033 refused stream mirrors can not contain filtered subjects
        10034 refused stream mirrors can not contain subjects
        10035 refused account not found
        10036 refused not currently supported in clustered mode
        10037 message_not_found no message found
        10038 refused expected an empty request payload
        10039 jetstream_disabled JetStream not enabled for account
        10040 refused peer not a member
        10041 refused the Raft group failed
        10042 refused JetStream unable to subscribe to restore snapshot
        10043 message_not_found sequence not found
        10044 refused server is not a member of the cluster
        10045 refused the consumer of a source could not be made
        10046 refused stream source must have max message size >= target
        10047 storage_full insufficient storage resources available
        10048 refused the stream could not be assigned
        10049 refused the stream could not be made
        10050 refused the stream could not be deleted
        10051 refused the stream failed
        10052 refused the configuration of the stream is not valid
        10053 refused a limit of the account forbids the stream
        10054 too_large message size exceeds maximum allowed
        10055 refused stream mirror configuration can not be updated
        10056 refused stream name in subject does not match request
        10057 refused the message could not be deleted
        10058 stream_name_in_use stream name already in use with a different configuration
        10059 stream_not_found stream not found
        10060 condition_failed expected stream does not match
        10061 refused Replicas configuration can not be updated
        10062 refused restore failed
        10063 condition_failed expected stream sequence does not match
        10064 refused snapshot failed
        10065 refused subjects overlap with an existing stream
        10066 refused the template could not be made
        10067 refused the template could not be deleted
        10068 refused template not found
        10069 refused the stream could not be changed
        10070 condition_failed wrong last msg ID
        10071 condition_failed wrong last sequence
        10072 refused JetStream unable to open temp storage for restore
        10073 refused template name in subject does not match request
        10074 refused replicas > 1 not supported in non-clustered mode
        10075 refused peer remap failed
        10076 jetstream_disabled JetStream not enabled
        10077 refused the stream does not store the message
        10078 refused consumer config required
        10079 refused consumer deliver subject has wildcards
        10080 refused consumer in push mode can not set max waiting
        10081 refused consumer deliver subject forms a cycle
        10082 refused consumer requires ack policy for max ack pending
        10083 refused consumer idle heartbeat needs to be >= 100ms
        10084 refused consumer in pull mode requires explicit ack policy on workqueue stream
        10085 refused consumer in pull mode requires a durable name
        10086 refused consumer in pull mode can not have rate limit set
        10087 refused consumer max waiting needs to be positive
        10088 refused consumer idle heartbeat requires a push based consumer
        10089 refused consumer flow control requires a push based consumer
        10090 refused consumer direct requires a push based consumer
        10091 refused consumer direct requires an ephemeral consumer
        10092 refused consumer direct on a mapped consumer
        10093 refused consumer filter subject is not a valid subset of the interest subjects
        10094 refused the policy of the consumer is not valid
        10095 refused failed to parse consumer sampling configuration
        10096 refused stream not valid
        10097 too_large header size exceeds maximum allowed of 64k
        10098 refused workqueue stream requires explicit ack
        10099 refused multiple non-filtered consumers not allowed on workqueue stream
        10100 refused filtered consumer not unique on workqueue stream
        10101 refused consumer must be deliver all on workqueue stream
        10102 refused consumer name is too long, maximum allowed is
        10103 refused durable name cannot contain dots and wildcards
        10104 refused error creating store for consumer
        10105 consumer_name_in_use consumer already exists and is still active
        10106 consumer_name_in_use consumer replacement durable config not the same
        10107 refused consumer description is too long, maximum allowed is
        10108 refused consumer with flow control also needs heartbeats
        10109 refused invalid operation on sealed stream
        10110 refused the stream could not be purged
        10111 refused the roll-up failed
        10112 refused invalid push consumer deliver subject
        10113 refused account requires a stream config to have max bytes set
        10114 refused consumer max request batch needs to be > 0
        10115 refused consumer max request expires needs to be >= 1ms
        10116 refused max deliver is required to be > length of backoff values
        10117 limit_exceeded subject details would exceed maximum allowed
        10118 unavailable stream is offline
        10119 unavailable consumer is offline
        10120 refused no JetStream default or applicable tiered limit present
        10121 refused consumer max ack pending exceeds system limit of
        10122 refused stream max bytes exceeds account limit max stream bytes
        10123 refused can not move and scale a stream in a single update
        10124 refused stream move already in progress
        10125 refused consumer max request batch exceeds server limit of
        10126 refused consumer config replica count exceeds parent stream
        10127 refused Consumer name can not contain path separators
        10128 refused Stream name can not contain path separators
        10129 refused stream reconfiguration not in progress
        10130 stream_name_in_use stream name already in use, cannot restore
        10131 refused Consumer create request did not match filtered subject from create subject
        10132 refused Consumer Durable and Name have to be equal if both are provided
        10133 refused replicas count cannot be negative
        10134 refused consumer config replicas must match interest retention stream's replicas
        10135 refused consumer metadata exceeds maximum size of
        10136 refused consumer cannot have both FilterSubject and FilterSubjects specified
        10137 refused consumer with multiple subject filters cannot use subject based API
        10138 refused consumer subject filters cannot overlap
        10139 refused consumer filter in FilterSubjects cannot be empty
        10140 refused duplicate source configuration detected
        10141 refused sourced stream name is invalid
        10142 refused mirrored stream name is invalid
        10143 refused stream mirrors can not have first sequence configured
        10144 refused source with several transforms cannot also have a single subject filter
        10145 refused source transform source
        10146 refused source transform
        10147 refused source filters can not overlap
        10148 consumer_name_in_use consumer already exists
        10149 consumer_not_found consumer does not exist
        10150 refused mirror with several transforms cannot also have a single subject filter
        10151 refused mirror transform source
        10152 refused mirror subject filters can not overlap
        10153 refused consumer inactive threshold exceeds system limit of
        10154 refused mirror transform
        10155 refused stream transform source
        10156 refused stream transform
        10157 refused pedantic mode
        10158 unavailable duplicate message id is in process
        10159 refused Setting PriorityPolicy requires at least one PriorityGroup to be set
        10160 refused Provided priority group does not exist for this consumer
        10161 refused Group name cannot be an empty string
        10162 refused a priority group has 1 to 16 letters, digits or -_/=)+
        10163 unavailable expected last sequence per subject temporarily unavailable
        10164 condition_failed wrong last sequence
        10165 refused invalid per-message TTL
        10166 refused per-message TTL is disabled
        10167 unavailable too many requests
        10168 refused message counters is disabled
        10169 refused message counter increment is missing
        10170 refused message counter has payload
        10171 refused message counter increment is invalid
        10172 refused message counter is broken
        10173 refused stream mirrors can not also calculate counters
        10174 refused atomic publish is disabled
        10175 refused atomic publish sequence is missing
        10176 refused atomic publish batch is incomplete
        10177 refused atomic publish unsupported header used
        10178 refused priority groups can not be used with push consumers
        10179 refused atomic publish batch ID is invalid
        10180 condition_failed min last sequence
        10181 refused consumer ack policy invalid
        10182 refused consumer replay policy invalid
        10183 refused consumer ack wait needs to be positive
        10184 refused consumer backoff needs to be positive
        10185 server_too_old JetStream minimum api level required
        10186 refused stream mirrors can not also schedule messages
        10187 refused stream source can not also schedule messages
        10188 refused message schedules is disabled
        10189 refused message schedules pattern is invalid
        10190 refused message schedules target is invalid
        10191 refused message schedules invalid per-message TTL
        10192 refused message schedules invalid rollup
        10193 refused missing sequence for expected last sequence per subject
        10194 unavailable stream is offline
        10195 unavailable consumer is offline
        10196 refused consumer can not have priority groups when policy is none
        10197 refused PinnedTTL cannot be set when PriorityPolicy is none
        10198 refused stream mirrors can not also use atomic publishing
        10199 refused atomic publish batch is too large
        10200 refused atomic publish batch commit is invalid
        10201 refused atomic publish batch contains duplicate message id
        10202 unavailable cluster member change is in progress
        10203 refused message schedules source is invalid
        10204 refused invalid reset
        10205 refused batch publish is disabled
        10206 refused batch publish pattern is invalid
        10207 refused batch publish ID is invalid
        10208 refused batch publish ID unknown
        10209 refused stream mirrors can not also use batch publishing
        10210 unavailable atomic publish too many inflight
        10211 unavailable batch publish too many inflight
        10212 refused message schedules invalid scheduler
        10213 refused stream mirror consumer config is invalid
        10214 refused stream mirror consumer requires flow control ack policy
        10215 refused stream source consumer config is invalid
        10216 refused duplicate stream source consumer detected
        10217 refused stream source consumer requires flow control ack policy
        10218 refused flow control ack policy requires a push based consumer
        10219 refused flow control ack policy requires flow control
        10220 refused flow control ack policy requires max ack pending
        10221 refused flow control ack policy requires unset ack wait
        10222 refused flow control ack policy requires unset max deliver
        10223 refused message schedules time zone is invalid
        10224 refused JetStream system rescue not applied
        10225 refused consumer's stream identity does not match
        10226 refused stream reconfiguration already in progress
        10227 refused message stream source header is not allowed
        """
}
