/// How far an object was read, with the digest of what was: reading can go on from there later,
/// also over another connection, and the whole is checked all the same.
public struct ObjectProgress: Sendable {
    /// The bytes that were read are of the put with this identifier; see `ObjectInfo.id`.
    public let id: String
    /// So many bytes from the first on were read.
    public internal(set) var offset: UInt64
    var digest: ObjectDigest

    init(id: String, offset: UInt64 = 0, digest: ObjectDigest = ObjectDigest()) {
        (self.id, self.offset, self.digest) = (id, offset, digest)
    }
}
