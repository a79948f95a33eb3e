internal import BridgeBytes
internal import HTTPWire

/// Takes the one file out of a multipart form and passes its data on as it comes in; whatever
/// else the form holds is read past.
final class FormSink: BodySink {
    typealias Open = (MultipartParser.Part) -> any BodySink

    private var parser: MultipartParser
    private var open: Open?
    private var inner: (any BodySink)?
    private var isInsideFile = false

    /// - Parameter open: Gives the sink for the data of the part named `file`.
    init(parser: MultipartParser, open: @escaping Open) {
        self.parser = parser
        self.open = open
    }

    func received(_ span: Span<UInt8>) -> ServerAnswer? {
        var position = 0
        do throws(HTTPWireError) {
            while position < span.count {
                let window = span.extracting(position..<span.count)
                var answer: ServerAnswer?
                switch try parser.next(window) {
                case .part(let part, let consumed):
                    begin(part)
                    position += consumed
                case .data(let range):
                    if isInsideFile { answer = inner?.received(window.extracting(range)) }
                    position += range.upperBound
                case .held(let count, let consumed):
                    let held = parser.delimiter
                    if isInsideFile {
                        answer = inner?.received(held.span.extracting(0..<count))
                    }
                    position += consumed
                case .partEnd(let consumed):
                    isInsideFile = false
                    position += consumed
                case .end(let consumed), .needMore(let consumed): position += consumed
                }
                if let answer { return answer }
            }
            return nil
        } catch {
            return .failure(400, error.message, code: error.code)
        }
    }

    private func begin(_ part: MultipartParser.Part) {
        guard part.name == "file", part.fileName != nil, let open = self.open else { return }
        inner = open(part)
        self.open = nil
        isInsideFile = true
    }

    func ended(_ reply: ServerReply) -> ServerDecision {
        guard parser.isComplete, let inner else {
            aborted()
            return .answer(
                .failure(
                    400,
                    parser.isComplete
                        ? "the form has no part named file with a file name"
                        : "the form has no end", code: .invalidMultipart))
        }
        self.inner = nil
        return inner.ended(reply)
    }

    func aborted() {
        inner?.aborted()
        inner = nil
        open = nil
    }
}
