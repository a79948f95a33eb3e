package import BridgeBytes

// Answers of the API from their bytes alone, for whoever has no server: what is held of them for
// any bytes is tried by fuzzers.

extension StreamInfo {
    /// Reads the answer to a question about a stream.
    package init(answer payload: Bytes) throws(JetStreamError) {
        try self.init(APIAnswer.parse(payload, operation: "stream info", stream: ""))
    }
}

extension ConsumerInfo {
    /// Reads the answer to a question about a consumer.
    package init(answer payload: Bytes) throws(JetStreamError) {
        try self.init(APIAnswer.parse(payload, operation: "consumer info", stream: ""))
    }
}

extension AccountInfo {
    /// Reads the answer to a question about the account.
    package init(answer payload: Bytes) throws(JetStreamError) {
        try self.init(APIAnswer.parse(payload, operation: "account info", stream: ""))
    }
}

extension StoredMessage {
    /// Reads the answer to a request for a message.
    package init(answer payload: Bytes) throws(JetStreamError) {
        try self.init(APIAnswer.parse(payload, operation: "message get", stream: ""), stream: "")
    }
}
