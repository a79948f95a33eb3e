internal import Glibc

extension [UInt8] {
    /// Overwrites the elements with zeros, in a way that the compiler cannot leave out.
    ///
    /// Other copies of the array are not concerned: it is for whoever has the only one.
    package mutating func wipe() {
        unsafe withUnsafeMutableBytes { unsafe BridgeTLS.wipe($0) }
    }
}

/// Overwrites memory with zeros.
@unsafe func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    // Sound: the memory has `count` bytes.
    guard let start = memory.baseAddress else { return }
    unsafe explicit_bzero(start, memory.count)
}
