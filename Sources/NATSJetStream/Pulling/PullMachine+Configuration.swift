package import BridgeBytes

/// What a series of pull requests is to be, and what its machine wants of its driver.
extension PullMachine {
    package struct Configuration: Sendable, Hashable {
        /// Messages of one request; for a stream of messages the most that may be on their way.
        package var batch: Int
        /// Most bytes of one request; nil: no bound but the batch.
        package var maxBytes: Int?
        /// How long the server keeps a request; zero: it does not wait for messages.
        package var expires: Duration
        /// Whether requests follow each other for ever.
        package var isContinuous: Bool
        /// Whether a stream of messages ends when a request or a heartbeat's time goes by without
        /// a message, so that its owner can look whether there is anything to wait for.
        package var endsWhenIdle = false
        /// Whether a stream of messages hands on what heartbeats say.
        package var tellsHeartbeats = false
        /// Whether a message that was handed out counts as on its way until it is released, so that
        /// `batch` and `maxBytes` bound what is held as well.
        package var countsHeld = false
        /// The heartbeat that is asked for; nil: as long as suits the request.
        package var ownHeartbeat: Duration?
        /// A stream of messages asks for more when no more than these are on their way; nil: half
        /// of what may be.
        package var refill: Int?
        /// A stream of messages asks for more, too, when no more bytes of `maxBytes` than these are
        /// on their way; nil: half of what may be.
        package var refillBytes: Int?
        /// Messages after which a stream of them ends; nil: none.
        package var maxMessages: Int?
        /// The group that requests name, of a consumer that has groups.
        package var group: PriorityGroup?
        /// Longest wait for the answer to a request that does not wait.
        package var patience: Duration = .seconds(5)
        /// Answers "no responders" in a row after which a stream of messages fails.
        package var maxRefusals = 6

        package init(
            batch: Int, maxBytes: Int? = nil, expires: Duration, isContinuous: Bool = false
        ) {
            self.batch = batch
            self.maxBytes = maxBytes
            self.expires = min(expires, .forever)
            self.isContinuous = isContinuous
        }

        /// Shortest time of one request of a stream of messages: each costs the server a message,
        /// and without a wait there would be no end of them.
        package static let shortestExpiry: Duration = .milliseconds(100)

        /// What no server would take, in words; nil when there is nothing.
        package var fault: String? {
            if batch < 1 { return "a pull asks for at least one message, not \(batch)" }
            if let maxBytes, maxBytes < 1 {
                return "a pull's byte limit is at least 1, not \(maxBytes)"
            }
            if expires < .zero { return "a pull waits for no negative time" }
            if let refill, refill < 0 { return "a pull cannot begin at \(refill) messages" }
            if let refillBytes, refillBytes < 0 || maxBytes == nil {
                return "a pull cannot begin at \(refillBytes) bytes of \(maxBytes ?? 0)"
            }
            if let maxMessages, maxMessages < 1 {
                return "messages end after at least one, not after \(maxMessages)"
            }
            if let beat = ownHeartbeat, beat < Self.shortestExpiry || beat > expires / 2 {
                return "a heartbeat is \(Self.shortestExpiry) to half of the request's time"
            }
            if let fault = group?.fault { return fault }
            guard isContinuous, expires < Self.shortestExpiry else { return nil }
            return "a stream of messages waits \(Self.shortestExpiry) at least at each request"
        }

        /// Half of the request's time, 30 s at most; none for requests of less than a second,
        /// whose end tells as much.
        package var heartbeat: Duration? { heartbeat(expires) }

        /// That of a request for a part of the time.
        func heartbeat(_ expires: Duration) -> Duration? {
            if let ownHeartbeat, ownHeartbeat <= expires / 2 { return ownHeartbeat }
            let half = min(expires / 2, .seconds(30))
            return half < .milliseconds(500) ? nil : half
        }
    }

    /// What to put into one request.
    package struct Request: Equatable, Sendable {
        package let batch: Int
        package let maxBytes: Int?
        /// Zero: the server does not wait.
        package let expires: Duration
        package let heartbeat: Duration?
    }

    package enum Step: Equatable, Sendable {
        /// Send this request, then ask for the next step again.
        case pull(Request)
        /// Wait for a message, at most until that time; then ask again.
        case wait(until: Duration)
        /// Take what has come, until the inbox has ended.
        case collect
        /// Nothing can be asked for before something that is held is released.
        case hold
        case finish(End)
    }

    package enum End: Equatable, Sendable {
        /// Everything that was asked for has come.
        case filled
        /// The server has no more for now.
        case exhausted
        /// The client drains; everything that had come was taken.
        case drained
        case failed(ErrorCode, detail: String)
    }
}
