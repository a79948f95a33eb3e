/// How a message is published.
public enum PublishMode: Sendable, Hashable {
    /// Core NATS, confirmed: success means that the server has taken the message. Whoever listened
    /// on the subject at that moment is given it; nobody keeps it for others.
    case core
    /// Core NATS, not confirmed: success means that the message is in the client's outbox. It is
    /// lost when the process ends or the connection breaks at the wrong moment, and a server that
    /// refuses it is not heard. For streams of messages of which one may be missing.
    case unconfirmed
    /// JetStream: success means that a stream has stored the message, now or at an earlier
    /// attempt: the message id (`Nats-Msg-Id`) keeps it from being stored twice.
    case jetStream
    /// Not at all: success means that the envelope is built. Payloads that go by link are uploaded
    /// all the same, since the envelope holds their URLs.
    case none
}
