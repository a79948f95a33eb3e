/// How much may be stored: bytes, with what the store needs for each file, and files.
public struct StorageQuota: Sendable, Hashable {
    /// Most bytes; 4096 of each file are the store's own.
    public var bytes: Int
    /// Most files.
    public var files: Int

    /// A limit for either; none by default.
    public init(bytes: Int = .max, files: Int = .max) {
        self.bytes = bytes
        self.files = files
    }

    /// No limit.
    public static let none = StorageQuota()

    var isLimited: Bool { self != .none }
}

/// Whose share is used up.
package enum QuotaScope: String, Sendable, Hashable, CaseIterable {
    /// Everything in the folder.
    case folder
    /// Everything below `/f`, or below `/file`.
    case path
    /// The files of one upload of Plik.
    case upload
    /// What one address has uploaded.
    case address
}
