package import NATSCore
internal import NATSJetStream

/// What became of a message that failed, and what its uploads deserve.
package enum MessageFate {
    /// What is done with uploads.
    package enum Uploads: Equatable, Sendable {
        /// Nobody holds their links, nor ever will.
        case takeBack
        /// Somebody may hold a link: they stay until their time to live ends.
        case keep
    }

    /// Uploads are taken back only when it is known that no receiver can hold their links. What a
    /// stream refuses the server has given to those who listen on the subject without it.
    package static func uploads(after outcome: PublishOutcome, of error: BridgeError) -> Uploads {
        switch outcome {
        case .lost: .takeBack
        case .denied: isStreamsRefusal(error) ? .keep : .takeBack
        case .unknown, .sent: .keep
        }
    }

    private static func isStreamsRefusal(_ error: BridgeError) -> Bool {
        (error.underlying as? JetStreamError)?.apiError != nil
    }

    /// What is known of the message.
    package static func sentence(_ outcome: PublishOutcome, of error: BridgeError) -> String {
        switch outcome {
        case .denied where isStreamsRefusal(error):
            "it was not stored, and who listens on the subject without the stream may have it"
        default: sentence(outcome)
        }
    }

    /// What is known of the message when nothing is known of the error.
    package static func sentence(_ outcome: PublishOutcome) -> String {
        switch outcome {
        case .lost: "it was not sent"
        case .denied: "it was refused"
        case .unknown: "it may have arrived"
        case .sent: "it has arrived"
        }
    }

    /// What is known of uploads that were kept.
    package static func kept(_ count: Int) -> String {
        count == 1
            ? "its 1 upload stays until its time to live ends"
            : "its \(count) uploads stay until their time to live ends"
    }

    /// What is known of announced uploads that were not all brought.
    package static func notBrought(_ count: Int) -> String {
        count == 1
            ? "its 1 announced upload was not brought"
            : "not all of its \(count) announced uploads were brought"
    }

    /// What is known of uploads that were taken back.
    /// - Parameter left: The ids of those that could not be deleted.
    package static func takenBack(_ count: Int, left: [String]) -> String {
        guard left.isEmpty else {
            return
                "\(count - left.count) of its \(count) uploads were deleted, and these stay until"
                + " their time to live ends: \(left.joined(separator: ", "))"
        }
        return count == 1 ? "its 1 upload was deleted" : "its \(count) uploads were deleted"
    }
}
