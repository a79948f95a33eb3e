/// The bounds of what a WebSocket's peer may make us hold or do.
package struct WebSocketLimits: Sendable, Hashable {
    /// Largest frame in bytes that is taken. Nothing is held of it, but who announces more than any
    /// message of NATS and its neighbours takes does not speak NATS: 1 GiB.
    package var maxFrame = 1 << 30
    /// Most bytes in one frame of ours: what fits the two-byte form of its length.
    package var maxOwnFrame = 65_535
    /// What may wait to be sent, in bytes, before no more is taken: 256 KiB.
    package var maxOutput = 256 << 10
    /// Most interim answers (1xx) before the change of protocols: 4.
    package var interimResponses = 4

    package init() {}
}
