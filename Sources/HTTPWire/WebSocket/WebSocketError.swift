public import BridgeBytes

/// Why a WebSocket was not opened, or ended (RFC 6455).
public struct WebSocketError: CodedError, Hashable {
    /// The step in which it happened.
    public enum Stage: String, Sendable, Hashable {
        /// The change from HTTP.
        case opening = "websocket_opening"
        /// Frames in either direction.
        case frames = "websocket_frames"
    }

    /// What went wrong.
    public let code: ErrorCode
    /// The step that failed.
    public let stage: Stage
    /// The number that closing frames have for it (RFC 6455, section 7.4): the one that we sent,
    /// or that the peer did; nil when no such frame has to do with it.
    public let closeCode: Int?
    /// A sentence for people.
    public let detail: String

    package init(_ code: ErrorCode, _ stage: Stage, closeCode: Int? = nil, _ detail: String) {
        self.code = code
        self.stage = stage
        self.closeCode = closeCode
        self.detail = detail
    }

    /// The step that failed.
    public var stageName: String { stage.rawValue }
    /// Always empty: frames have no name.
    public var place: String { "" }
}
