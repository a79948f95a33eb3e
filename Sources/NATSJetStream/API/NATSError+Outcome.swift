internal import BridgeBytes
package import NATSCore

extension NATSError {
    /// What is known of the message whose request or publish ended with this error.
    ///
    /// The client's own word counts where it gives one. A request without listeners is `denied`
    /// whatever it says: the server had it, and gave it to nobody. An error that may come while
    /// a message waits for its answer as well as before it was sent (`closed`) leaves it open.
    package var publishOutcome: PublishOutcome {
        if code == .noResponders { return .denied }
        if let outcome { return outcome }
        switch code {
        case .invalidArgument, .tooLarge, .outboxFull, .unusableReply: return .lost
        case .permissionDenied: return .denied
        default: return .unknown
        }
    }
}
