internal import BridgeBytes
internal import BridgeSockets

/// What the access log is told of a request, while it is under way.
struct RequestAccount {
    var request: ServerRequest?
    var began = Duration.zero
    var status = 0
    var received = 0
    var sent = 0
}

extension ServerConnection {
    /// A request has begun.
    func openAccount(_ request: ServerRequest) {
        guard context.log != nil else { return }
        account = RequestAccount(request: request, began: MonotonicClock.now)
    }

    /// The present request is over, if there was one, or what was none has been answered.
    func closeAccount(isWhole: Bool) {
        defer { account = RequestAccount() }
        guard let log = context.log else { return }
        let head = account.request?.head
        log(
            AccessRecord(
                peer: peer, method: head?.method ?? "", target: head?.target ?? "",
                correlationID: head?.fields["X-Correlation-ID"] ?? "", status: account.status,
                received: account.received, sent: account.sent,
                duration: head == nil ? .zero : MonotonicClock.now - account.began,
                isWhole: isWhole))
    }
}
