internal import BridgeBytes
public import BridgeEnvelope

extension PayloadConvertible where Self == TypedPayload {
    /// The content of a file, mapped and not read: what is sent goes from the file to the socket.
    /// The file must not be shortened meanwhile; see `Bytes.init(mappingFile:)`.
    /// - Parameters:
    ///   - path: Where the file is.
    ///   - type: What it holds. As text, JSON or a table it must be that.
    /// - Throws: `FileError` when the file cannot be mapped, `EnvelopeError` with
    ///   `invalidContent` when it is not what `type` says. Blocks as opening a file does.
    public static func file(_ path: String, as type: PayloadType = .bytes) throws -> TypedPayload {
        let bytes = try Bytes(mappingFile: path)
        return TypedPayload(try PayloadCodec.deserialize(bytes, typeName: type.rawValue))
    }
}
