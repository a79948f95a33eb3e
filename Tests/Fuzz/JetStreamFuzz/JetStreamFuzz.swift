import BridgeBytes
import FuzzEntries

/// What libFuzzer calls. One file, so that a plain build links it with an empty main.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    // Sound: libFuzzer gives so many bytes, and they are copied.
    let input = unsafe Bytes(Array(UnsafeBufferPointer(start: start, count: count)))
    if let problem = JetStreamFuzz.words(input) {
        // An optimised build's trap does not say why.
        print(problem)
        preconditionFailure(problem)
    }
    return 0
}
