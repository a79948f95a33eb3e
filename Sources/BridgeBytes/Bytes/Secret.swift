internal import Glibc

/// Bytes that nobody else shall see, such as a private key: overwritten before their memory is
/// given back, and shown by no print and no dump.
///
/// ## Why `nonisolated(unsafe)` is sound
/// The memory is written in `init`, before anybody else can know of it, and overwritten in
/// `deinit`, when nobody is left. In between it is only read.
@safe package final class Secret: Sendable {
    @unsafe private nonisolated(unsafe) let memory: UnsafeMutableBufferPointer<UInt8>
    package let count: Int

    /// Takes memory for `capacity` bytes and lends it to `fill`, which says how many of them count.
    package init<E: Error>(
        capacity: Int, _ fill: (inout MutableSpan<UInt8>) throws(E) -> Int
    ) throws(E) {
        precondition(capacity >= 0, "a secret has no negative size")
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(capacity, 1))
        unsafe memory.initialize(repeating: 0)
        unsafe self.memory = memory
        do throws(E) {
            var span = unsafe memory.mutableSpan
            count = min(max(try fill(&span), 0), capacity)
        } catch {
            unsafe Self.release(memory)
            throw error
        }
    }

    /// A copy of `span`, whose own memory is for its owner to overwrite.
    package convenience init(copying span: Span<UInt8>) {
        self.init(capacity: span.count) { memory in
            for index in 0..<span.count { memory[index] = span[index] }
            return span.count
        }
    }

    deinit { unsafe Self.release(memory) }

    /// Unlike a plain loop, the compiler may not leave `explicit_bzero` out.
    @unsafe private static func release(_ memory: UnsafeMutableBufferPointer<UInt8>) {
        // Sound: the memory has `count` bytes, and at least one.
        if let start = memory.baseAddress { unsafe explicit_bzero(start, memory.count) }
        unsafe memory.deallocate()
    }

    /// Lends the bytes to `body`, which must keep no copy of them.
    package func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        // Sound: the memory lives as long as this object, and `self` is used below.
        let span = unsafe UnsafeBufferPointer(rebasing: memory[..<count]).span
        defer { extendLifetime(self) }
        return try body(span)
    }
}

extension Secret: CustomStringConvertible, CustomReflectable {
    package var description: String { "[redacted]" }
    package var customMirror: Mirror { Mirror(self, children: ["bytes": description]) }
}
