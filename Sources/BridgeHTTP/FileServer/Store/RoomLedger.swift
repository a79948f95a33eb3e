/// To whom a file is counted.
package struct FileOwner: Sendable, Hashable {
    let key: ObjectKey
    /// Whom limits hold who uploaded it; empty when that is not known.
    let address: String

    package init(key: ObjectKey, address: String) {
        (self.key, self.address) = (key, address)
    }
}

/// What is stored and what is being stored, counted for each whose share is limited. Pure.
///
/// ## Theory of operation
/// Room is taken in two steps. An upload *reserves* bytes and one file before it writes anything,
/// and reserves more while it grows; when it is published the store *adds* what is now there, and
/// the upload *releases* its reservation, whatever became of it. So the sum of both never exceeds
/// a quota. Tombstones and damaged files count as bytes of the folder and as nobody's files.
/// A count without a quota may wrap round, which nobody reads and a release undoes.
package struct RoomLedger: Sendable {
    package struct Use: Sendable, Hashable {
        package var bytes = 0
        package var files = 0
        package var reservedBytes = 0
        package var reservedFiles = 0

        package init() {}

        /// Whether so much more stays within a quota.
        func fits(_ bytes: Int, _ files: Int, in quota: StorageQuota) -> Bool {
            func sum(_ parts: [Int]) -> Int {
                parts.reduce(0) { sum, part in
                    let (next, overflow) = sum.addingReportingOverflow(part)
                    return overflow ? .max : next
                }
            }
            // A quota of everything there is admits what cannot be counted any more.
            return (quota.bytes == .max || sum([self.bytes, reservedBytes, bytes]) <= quota.bytes)
                && (quota.files == .max || sum([self.files, reservedFiles, files]) <= quota.files)
        }

        var isEmpty: Bool { self == Use() }
    }

    package struct Quotas: Sendable, Hashable {
        var folder: StorageQuota
        var native: StorageQuota
        var plik: StorageQuota
        var address: StorageQuota
        /// Files of one upload of Plik: 1000, as Plik has it.
        var plikUploadFiles: Int

        /// No limits but that of Plik, unless others are given.
        package init(
            folder: StorageQuota = .none, native: StorageQuota = .none,
            plik: StorageQuota = .none, address: StorageQuota = .none,
            plikUploadFiles: Int = 1000
        ) {
            (self.folder, self.native, self.plik) = (folder, native, plik)
            (self.address, self.plikUploadFiles) = (address, plikUploadFiles)
        }
    }

    let quotas: Quotas
    package private(set) var total = Use()
    private var native = Use()
    private var plik = Use()
    private var addresses: [String: Use] = [:]
    /// Of the uploads of Plik only files are counted.
    private var uploads: [String: Use] = [:]

    package init(_ quotas: Quotas) { self.quotas = quotas }

    /// Whether files have to be opened at the start to see who uploaded them.
    var countsAddresses: Bool { quotas.address.isLimited }

    /// Sets room aside, unless somebody's share is used up.
    /// - Parameter files: 1 at the beginning of an upload, 0 when it grows.
    package mutating func reserve(bytes: Int, files: Int, for owner: FileOwner) -> QuotaScope? {
        guard total.fits(bytes, files, in: quotas.folder) else { return .folder }
        let upload = owner.key.plikUpload
        let (path, quota) = upload == nil ? (native, quotas.native) : (plik, quotas.plik)
        guard path.fits(bytes, files, in: quota) else { return .path }
        if let upload {
            let quota = StorageQuota(files: quotas.plikUploadFiles)
            guard uploads[upload, default: Use()].fits(0, files, in: quota) else {
                return .upload
            }
        }
        guard addresses[owner.address, default: Use()].fits(bytes, files, in: quotas.address)
        else { return .address }
        change(owner) {
            $0.reservedBytes &+= bytes
            $0.reservedFiles &+= files
        }
        return nil
    }

    package mutating func release(bytes: Int, files: Int, for owner: FileOwner) {
        change(owner) {
            $0.reservedBytes &-= bytes
            $0.reservedFiles &-= files
        }
    }

    /// Counts what was stored, or, with negative numbers, what was removed.
    package mutating func add(bytes: Int, files: Int, for owner: FileOwner) {
        change(owner) {
            $0.bytes += bytes
            $0.files += files
        }
    }

    /// Counts bytes that are nobody's.
    mutating func addRemains(bytes: Int) { total.bytes += bytes }

    private mutating func change(_ owner: FileOwner, _ change: (inout Use) -> Void) {
        change(&total)
        if let upload = owner.key.plikUpload {
            change(&plik)
            change(&uploads[upload, default: Use()])
            if let use = uploads[upload], use.files == 0, use.reservedFiles == 0 {
                uploads[upload] = nil
            }
        } else {
            change(&native)
        }
        guard countsAddresses else { return }
        change(&addresses[owner.address, default: Use()])
        if addresses[owner.address]?.isEmpty == true { addresses[owner.address] = nil }
    }
}
