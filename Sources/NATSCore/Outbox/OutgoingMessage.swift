package import BridgeBytes
package import NATSWire

/// A message as it waits to be put into the outbox together with others.
package struct OutgoingMessage: Sendable {
    package var payload: Bytes
    package var subject: Subject
    package var replyTo: Subject?
    package var headers: Headers

    package init(
        _ payload: Bytes, to subject: Subject, replyTo: Subject? = nil,
        headers: Headers = Headers()
    ) {
        self.payload = payload
        self.subject = subject
        self.replyTo = replyTo
        self.headers = headers
    }
}

extension NATSClient {
    /// Puts messages into the outbox, in their order, and suspends while half a megabyte waits
    /// there; without a connection, while that is over its high-water mark.
    ///
    /// Cancelling the task ends the wait for room; what is in the outbox stays there.
    /// - Parameter position: The first of them to be sent; set behind the last that is in the
    ///   outbox, also when the call throws.
    /// - Throws: `NATSError` with `tooLarge` for the message at `position`, `closed` or
    ///   `cancelled`.
    package func publish(
        _ messages: [OutgoingMessage], from position: inout Int
    ) async throws(NATSError) {
        var checked = position
        while checked < messages.count {
            // Nearly all are without headers and far from the limit.
            if messages[checked].headers.isEmpty, messages[checked].payload.count <= maxPayload {
                checked += 1
                continue
            }
            let message = messages[checked]
            do throws(NATSError) {
                try checkSize(message.payload, message.headers, message.subject, .publish)
            } catch {
                // Those before it go first.
                try await append(Array(messages[..<checked]), from: &position)
                throw error
            }
            checked += 1
        }
        try await append(messages, from: &position)
    }

    private func append(
        _ messages: [OutgoingMessage], from position: inout Int
    ) async throws(NATSError) {
        let outbox = core.outbox
        while position < messages.count {
            switch outbox.append(messages, from: &position) {
            case .appended: break
            case .full:
                await outbox.waitForRoom(isGroup: true)
                try refuseIfOver(nil, messages[position].subject)
            case .closed:
                throw appendError(.closed, messages[position].subject, .publish)
            }
        }
    }
}
