package import BridgeBytes
internal import BridgeJSON
internal import NATSWire

extension NATSFuzz {
    /// One frame with its own bytes, or the code of the error that ended the stream.
    private enum Found<Frame: Equatable>: Equatable {
        case frame(Frame, Bytes)
        case failure(ErrorCode)
    }

    private enum Step<Frame> {
        case frame(Frame, Int)
        case needMore(Int)
    }

    /// A server's stream: the same frames whole and byte by byte, ranges inside them, whatever
    /// lies in them parsed as well, and a trace that is JSON.
    package static func frameParser(_ input: Bytes) -> String? {
        var whole = FrameParser()
        var bytewise = FrameParser()
        return differential(
            input, { (span) throws(WireError) in step(try whole.next(span)) },
            { (span) throws(WireError) in step(try bytewise.next(span)) }, check(_:_:))
    }

    /// A client's stream: the same.
    package static func clientFrameParser(_ input: Bytes) -> String? {
        var whole = ClientFrameParser()
        var bytewise = ClientFrameParser()
        return differential(
            input, { (span) throws(WireError) in step(try whole.next(span)) },
            { (span) throws(WireError) in step(try bytewise.next(span)) }, check(_:_:))
    }

    private static func step(_ step: FrameParser.Step) -> Step<Frame> {
        switch step {
        case .frame(let frame, let size): .frame(frame, size)
        case .needMore(let count): .needMore(count)
        }
    }

    private static func step(_ step: ClientFrameParser.Step) -> Step<ClientFrame> {
        switch step {
        case .frame(let frame, let size): .frame(frame, size)
        case .needMore(let count): .needMore(count)
        }
    }

    private static func differential<F: Equatable>(
        _ input: Bytes, _ whole: (Span<UInt8>) throws(WireError) -> Step<F>,
        _ bytewise: (Span<UInt8>) throws(WireError) -> Step<F>, _ check: (F, Bytes) -> String?
    ) -> String? {
        var problem: String?
        let first = frames(input, ends: [input.count], whole, &problem)
        let second = frames(input, ends: Array(0...input.count), bytewise, &problem)
        guard problem == nil else { return problem }
        guard first == second else { return "whole: \(first); byte by byte: \(second)" }
        for case .frame(let frame, let bytes) in first {
            if let problem = check(frame, bytes) { return problem }
        }
        return nil
    }

    /// The frames of a stream of which the window holds more and more, up to each of the ends.
    private static func frames<F: Equatable>(
        _ input: Bytes, ends: [Int], _ next: (Span<UInt8>) throws(WireError) -> Step<F>,
        _ problem: inout String?
    ) -> [Found<F>] {
        var found: [Found<F>] = []
        var position = 0
        for end in ends {
            do throws(WireError) {
                window: while true {
                    switch try next(input.span.extracting(position..<end)) {
                    case .needMore(let count):
                        if count <= end - position { problem = "asked for what was there" }
                        break window
                    case .frame(let frame, let size):
                        guard size > 0, size <= end - position else {
                            problem = "a frame of \(size) bytes in \(end - position)"
                            return found
                        }
                        found.append(.frame(frame, input[position..<position + size]))
                        position += size
                    }
                }
            } catch {
                return found + [.failure(error.code)]
            }
        }
        return found
    }

    private static func check(_ frame: Frame, _ bytes: Bytes) -> String? {
        switch frame {
        case .ping, .pong, .ok: break
        case .info(let text): if let problem = serverInfo(bytes[text]) { return problem }
        case .error(let text): _ = ServerError(parsing: String(repairing: bytes[text])).remedy
        case .message(let message):
            _ = (bytes[message.subject], message.replyTo.map { bytes[$0] }, bytes[message.payload])
            if let headers = message.headers, let problem = headerBlock(bytes[headers]) {
                return problem
            }
        }
        var encoder = TraceEncoder(id: "f")
        return checkLine(encoder.line(frame, bytes, at: Timestamp(seconds: 0)))
    }

    private static func check(_ frame: ClientFrame, _ bytes: Bytes) -> String? {
        var encoder = TraceEncoder(id: "f")
        return checkLine(encoder.line(frame, bytes, at: Timestamp(seconds: 0)))
    }

    /// A line of a trace is one line, and JSON.
    private static func checkLine(_ line: Bytes) -> String? {
        guard line.count > 0, line[line.count - 1] == 0x0A,
            Scan.firstIndex(of: 0x0A, in: line.span) == line.count - 1
        else { return "a line of the trace is not one line" }
        guard (try? JSONValue(parsing: line)) != nil else {
            return "a line of the trace is no JSON"
        }
        return nil
    }
}
