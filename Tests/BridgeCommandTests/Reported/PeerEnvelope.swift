import BridgeBytes

/// Envelopes as a peer in another language writes them: text, so that nothing of ours has judged
/// it.
enum PeerEnvelope {
    /// An envelope of these payloads.
    /// - Parameter metadata: An object's text.
    static func text(
        _ payloads: String..., id: String = "m", correlationID: String = "c",
        metadata: String = "{}"
    ) -> String {
        #"""
        {"correlation_id":"\#(correlationID)","msg_id":"\#(id)",
        "timestamp":"2026-03-13T07:02:50.443Z","send_to":"s","msg_purpose":"chat",
        "sender_name":"","sender_id":"","receiver_name":"","receiver_id":"","reply_to":"",
        "reply_to_msg_id":"","broker_url":"","metadata":\#(metadata),
        "payloads":[\#(payloads.joined(separator: ","))]}
        """#
    }

    /// A payload of 5 bytes, or what `link` leads to.
    static func payload(
        _ type: String, _ data: String, link: String? = nil, name: String? = nil,
        size: Int = 5, checksum: String? = nil
    ) -> String {
        let metadata = checksum.map { #"{"checksum":"\#($0)"}"# } ?? "{}"
        let content = link ?? String(repairing: Base64.encode(Bytes(utf8: data).span))
        return #"""
            {"id":"i","dataname":"\#(name ?? type)","payload_type":"\#(type)",
            "transport":"\#(link == nil ? "direct" : "link")","encoding":"base64",
            "size":\#(size),"data":"\#(content)","metadata":\#(metadata)}
            """#
    }
}
