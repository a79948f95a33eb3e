/// The options of one request: those of the question, and those of the answer.
public struct RequestOptions: Sendable {
    /// The question. `replyTo` is an inbox of the request's own, and a request is never repeated,
    /// since that might do the work twice: `timeout`, `mode` and `retriesUnknown` do not matter.
    public var sending = SendOptions()
    /// How the answer is turned into values.
    public var receiving = ReceiveOptions()

    /// A broadcast with new ids and the bridge's defaults, and a lenient reading of the answer.
    public init() {}
}
