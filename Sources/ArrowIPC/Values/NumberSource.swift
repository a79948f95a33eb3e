public import BridgeBytes

/// Reads the numbers of a column in place.
public struct NumberSource<T: ArrowPrimitive>: Sendable {
    /// Keeps the memory.
    @usableFromInline let bytes: Bytes
    @usableFromInline let address: UInt
    @usableFromInline let count: Int

    init(_ column: Column) throws(ArrowError) {
        guard T.represents(column.type), case .values(let bytes) = column.storage else {
            throw column.mismatch("\(T.self)")
        }
        self.bytes = bytes
        address = bytes.address
        count = column.count
    }

    @inlinable subscript(position: Int) -> T {
        precondition(position >= 0 && position < count, "position outside the column")
        return withExtendedLifetime(bytes) {
            // Sound: the bytes hold `count` numbers of this type (checked when the column was
            // made), and stay alive during the load.
            let place = unsafe UnsafeRawPointer(
                bitPattern: address &+ UInt(bitPattern: position &* MemoryLayout<T>.stride))
            guard let place = unsafe place else { preconditionFailure("a column without memory") }
            return unsafe place.loadUnaligned(as: T.self)
        }
    }
}
