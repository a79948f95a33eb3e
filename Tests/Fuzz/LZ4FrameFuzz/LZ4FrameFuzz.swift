import ArrowIPC
import BridgeBytes

/// libFuzzer's entry: the input is inflated as a frame, and compressed and inflated again. What
/// may happen is a typed error of stage `compression`, or content within the limit.
/// Run it by `make fuzz TARGET=LZ4FrameFuzz`.
///
/// Sound: libFuzzer lends `count` readable bytes at `start` for the time of the call.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let buffer = unsafe UnsafeBufferPointer(start: start, count: count)
    let input = unsafe Bytes(copying: buffer.span)
    let limit = 64 << 10
    do throws(ArrowError) {
        let content = try LZ4FrameDecoder.decompress(input.span, limit: limit)
        precondition(content.count <= limit, "more output than the limit")
    } catch {
        precondition(error.stage == .compression, "an error of another stage")
    }
    roundTrip(input, limit: limit)
    return 0
}

/// Whatever the bytes are, their frame inflates to them.
private func roundTrip(_ plain: Bytes, limit: Int) {
    guard let frame = LZ4FrameEncoder.compress(plain.span, limit: limit) else { return }
    precondition(frame.count <= limit, "a frame over its limit")
    let content = try? LZ4FrameDecoder.decompress(frame.span, limit: plain.count)
    precondition(content == plain, "a frame that inflates to something else")
}
