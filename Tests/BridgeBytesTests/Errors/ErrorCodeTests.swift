import BridgeBytes
import Glibc
import Testing

@Suite struct ErrorCodeTests {
    private struct Failure: CodedError {
        var code: ErrorCode
        var stageName = "publish"
        var place = "orders.new"
        var detail = "no answer in time"
    }

    @Test func `an error is one line: stage, place, sentence and code`() {
        var failure = Failure(code: .timeout)
        #expect("\(failure)" == "publish orders.new: no answer in time (timeout)")
        failure.detail = ""
        #expect("\(failure)" == "publish orders.new: timeout")
        failure.place = ""
        #expect("\(failure)" == "publish: timeout")
    }

    @Test func `what may pass by itself is told by the code`() {
        #expect(Failure(code: .timeout).isTransient && Failure(code: .noResponders).isTransient)
        #expect(!Failure(code: .closed).isTransient && !Failure(code: .storageFull).isTransient)
        #expect(Failure(code: .timeout).underlying == nil)
    }

    @Test(arguments: [
        (ECONNREFUSED, ErrorCode.connectionFailed), (ETIMEDOUT, .timeout),
        (ECONNRESET, .disconnected), (EPIPE, .disconnected), (EACCES, .permissionDenied),
        (ENOENT, .fileNotFound), (ENOSPC, .storageFull), (EMFILE, .limitExceeded),
        (ENOMEM, .memoryExhausted), (ECANCELED, .cancelled), (EXDEV, .systemError),
        (0, .systemError),
    ])
    func `an error number of the system has a kind`(_ number: Int32, _ code: ErrorCode) {
        #expect(ErrorCode(errno: number) == code)
    }
}
