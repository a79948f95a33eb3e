import ArrowIPC
import BridgeBytes

/// libFuzzer's entry: the input is inflated as a frame. What may happen is a typed error of stage
/// `compression`, or content within the limit, which is above the size of the largest block.
/// Run it by `make fuzz TARGET=ZstandardFuzz`.
///
/// Sound: libFuzzer lends `count` readable bytes at `start` for the time of the call.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let buffer = unsafe UnsafeBufferPointer(start: start, count: count)
    let input = unsafe Bytes(copying: buffer.span)
    let limit = 160 << 10
    do throws(ArrowError) {
        let content = try ZstandardFrameDecoder.decompress(input.span, limit: limit)
        precondition(content.count <= limit, "more output than the limit")
    } catch {
        precondition(error.stage == .compression, "an error of another stage")
    }
    return 0
}
