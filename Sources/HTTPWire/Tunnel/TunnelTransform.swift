package import BridgeBytes

/// A way through a proxy: CONNECT, and then the bytes as they are (RFC 9110, section 9.3.6).
///
/// ## Theory of operation
///     opening ──2xx──▶ open ──end──▶ over
///        └───any other answer, an end, a rule broken───▶ failed
///
/// What stands behind the fields of an answer 2xx is the host's already, whatever they say of a
/// body. Nothing of the application's passes before it, so that a proxy that refuses has seen no
/// more than the name of the host and its own credentials.
package final class TunnelTransform: ByteTransform {
    private let authority: String
    private let authorization: String?
    package private(set) var phase = ByteTransformPhase.opening
    private var heads = HeadParser()
    private var interim = 0
    /// What came and was not read.
    private var input: [UInt8] = []
    private var inputStart = 0
    private var hasInputEnded = false
    private var output = ByteWriter(capacity: 256)
    /// Bytes of the output that the transport has taken.
    private var taken = 0
    /// Bytes of the request that are not out yet; those behind them are the application's.
    private var requestLeft = 0

    /// What may wait to be sent, in bytes, before no more is taken.
    package static let maxOutput = 256 << 10
    /// Most interim answers (1xx) before the final one.
    package static let interimResponses = 4

    /// - Parameters:
    ///   - authority: `host:port`, both always.
    ///   - authorization: The value of Proxy-Authorization; a secret.
    package init(to authority: String, authorization: String?) {
        self.authority = authority
        self.authorization = authorization
    }

    package func begin() {
        var head = RequestHead(method: "CONNECT", target: authority)
        head.fields.append("Host", authority)
        if let authorization {
            head.fields.append(checked: "Proxy-Authorization", authorization)
        }
        HeadWriter.write(head, into: &output)
        requestLeft = output.count
    }

    package func receive(_ bytes: Span<UInt8>) {
        guard !hasInputEnded else { return }
        if inputStart == input.count {
            input.removeAll(keepingCapacity: true)
            inputStart = 0
        }
        // Sound: the array copies what is lent to it.
        unsafe bytes.withUnsafeBytes { unsafe input.append(contentsOf: $0) }
        if case .opening = phase { open() }
    }

    package func receiveEnd() {
        hasInputEnded = true
        guard case .opening = phase else { return }
        phase = .failed(
            TunnelError(.disconnected, "the proxy closed before its answer was whole"))
    }

    private func open() {
        do throws(HTTPWireError) {
            while let parsed = try heads.nextResponse(input.span.extracting(inputStart...)) {
                inputStart += parsed.size
                if parsed.head.isInterim, interim < Self.interimResponses {
                    interim += 1
                    continue
                }
                phase =
                    (200..<300).contains(parsed.head.status)
                    ? .open : .failed(TunnelError(parsed.head))
                return
            }
        } catch {
            phase = .failed(
                TunnelError(error.code, "the proxy's answer is none of HTTP's: \(error.detail)"))
        }
    }

    @unsafe package func read(
        into memory: UnsafeMutableRawBufferPointer
    ) -> ByteTransformReading {
        if case .failed(let error) = phase { return .failed(error) }
        let count = min(memory.count, input.count - inputStart)
        guard phase.isOpen, count > 0 else { return hasInputEnded ? .ended : .needsInput }
        let range = inputStart..<inputStart + count
        // Sound: both have `count` bytes.
        unsafe input.withUnsafeBytes {
            unsafe memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range]))
        }
        inputStart += count
        return .moved(count)
    }

    package func write(_ bytes: Span<UInt8>) -> Int {
        guard phase.isOpen else { return 0 }
        let count = min(bytes.count, max(0, Self.maxOutput - (output.count - taken)))
        output.append(bytes.extracting(0..<count))
        return count
    }

    /// The transport's own end says it.
    package func endWriting() {}

    package var hasOutput: Bool { output.count > taken }

    package func sendOutput(_ send: (Span<UInt8>) -> Int) {
        taken += send(output.span.extracting(taken..<output.count))
        if taken == output.count {
            output.removeAll()
            taken = 0
        } else if taken >= Self.maxOutput {
            // A transport that never takes all must not let what was sent pile up.
            var rest = ByteWriter(capacity: output.count - taken)
            rest.append(output.span.extracting(taken..<output.count))
            output = rest
            taken = 0
        }
    }

    package func outputLeft(_ count: Int) -> Int {
        let head = min(count, requestLeft)
        requestLeft -= head
        return count - head
    }
}
