package import BridgeBytes
internal import HTTPWire

/// What is held of the HTTP parsers for any input, one function for each fuzz target. Each
/// returns what is wrong, or nil.
package enum HTTPFuzz {
    /// What a client sends is the same requests, bodies and the same end whole and byte by byte;
    /// and what `RepeatedHead` takes is what the parser would have taken.
    package static func requests(_ input: Bytes) -> String? {
        let bytes = Array(input)
        let whole = served([bytes])
        let single = served(bytes.map { [$0] })
        guard whole == single else { return "other requests byte by byte" }
        return repeated(bytes)
    }

    private static func served(_ pieces: [[UInt8]]) -> [String] {
        var exchange = ServerExchange()
        var window: [UInt8] = []
        var record: [String] = []
        var body: [UInt8] = []
        do throws(HTTPWireError) {
            for piece in pieces {
                window += piece
                var isStuck = false
                while !isStuck {
                    switch try exchange.next(window.span) {
                    case .needMore(let consumed):
                        window.removeFirst(consumed)
                        isStuck = true
                    case .request(let head, let framing, let expectation, let size):
                        record.append(
                            "\(head.method) \(head.target) \(head.version) \(framing) "
                                + "\(expectation)")
                        for field in head.fields { record.append("\(field.name):\(field.value)") }
                        window.removeFirst(size)
                    case .body(let range):
                        body += window[range]
                        window.removeFirst(range.upperBound)
                    case .requestEnd(let consumed):
                        window.removeFirst(consumed)
                        record.append("end \(body)")
                        body = []
                        _ = exchange.answerEnded(closing: false)
                    case .waiting, .closed: isStuck = true
                    }
                }
            }
        } catch { record.append("error \(error.code) \(error.status)") }
        return record + ["\(body)"]
    }

    /// The first head of the input is learned, and the same with another path is asked for.
    private static func repeated(_ bytes: [UInt8]) -> String? {
        var parser = HeadParser()
        guard let parsed = try? parser.nextRequest(bytes.span) else { return nil }
        var repeated = RepeatedHead()
        repeated.learn(parsed.head, bytes.span, size: parsed.size)
        let rest = Array(bytes[parsed.size...])
        for window in [bytes, rest, Array("GET /a".utf8) + bytes.drop { $0 != 0x20 }.dropFirst()] {
            guard let match = repeated.match(window.span) else { continue }
            var parser = HeadParser()
            guard let other = try? parser.nextRequest(window.span) else {
                return "a head is taken that the parser does not take"
            }
            let path = String(decoding: window[match.path], as: UTF8.self)
            guard other.size == match.size, other.head.target == path,
                other.head.method == "GET", other.head.fields == parsed.head.fields,
                other.head.version == .http11
            else { return "a head is taken that says something else" }
        }
        return nil
    }

    /// What a server answers is the same whole and byte by byte. The first byte says whether it
    /// answers HEAD, and whether the connection ends behind it.
    package static func answers(_ input: Bytes) -> String? {
        let bytes = Array(input)
        guard let first = bytes.first else { return nil }
        let method = first & 1 == 1 ? "HEAD" : "GET"
        let rest = Array(bytes[1...])
        let whole = answered([rest], method, closes: first & 2 == 2)
        let single = answered(rest.map { [$0] }, method, closes: first & 2 == 2)
        return whole == single ? nil : "another answer byte by byte"
    }

    private static func answered(
        _ pieces: [[UInt8]], _ method: String, closes: Bool
    ) -> [String] {
        var exchange = ClientExchange(method: method)
        exchange.requestSent()
        var window: [UInt8] = []
        var record: [String] = []
        var body: [UInt8] = []
        var isWhole = false
        do throws(HTTPWireError) {
            for piece in pieces where !isWhole {
                window += piece
                var isStuck = false
                while !isStuck {
                    switch try exchange.next(window.span) {
                    case .needMore(let consumed):
                        window.removeFirst(consumed)
                        isStuck = true
                    case .interim(let head, let size):
                        record.append("interim \(head.status)")
                        window.removeFirst(size)
                    case .response(let head, let framing, let size):
                        record.append("\(head.status) \(head.reason) \(framing)")
                        for field in head.fields { record.append("\(field.name):\(field.value)") }
                        window.removeFirst(size)
                    case .body(let range):
                        body += window[range]
                        window.removeFirst(range.upperBound)
                    case .end:
                        isWhole = true
                        isStuck = true
                    }
                }
            }
            if closes, !isWhole { try record.append("closed \(exchange.peerClosed())") }
        } catch { record.append("error \(error.code)") }
        return record + ["\(isWhole) \(body)"]
    }

    /// A form gives the same parts whole and byte by byte, and no more data than it has.
    package static func form(_ input: Bytes) -> String? {
        let bytes = Array(input)
        guard let whole = parts([bytes]), let single = parts(bytes.map { [$0] }) else {
            return "no parser"
        }
        guard whole == single else { return "other parts byte by byte" }
        return whole.data.count <= bytes.count ? nil : "more data than bytes"
    }

    private struct Form: Equatable {
        var record: [String] = []
        var data: [UInt8] = []
    }

    private static func parts(_ pieces: [[UInt8]]) -> Form? {
        guard var parser = try? MultipartParser(contentType: "multipart/form-data; boundary=b")
        else { return nil }
        var window: [UInt8] = []
        var form = Form()
        do throws(HTTPWireError) {
            for piece in pieces {
                window += piece
                var isStuck = false
                while !isStuck {
                    switch try parser.next(window.span) {
                    case .part(let part, let consumed):
                        form.record.append("\(part.name ?? "-") \(part.fileName ?? "-")")
                        window.removeFirst(consumed)
                    case .data(let range):
                        form.data += window[range]
                        window.removeFirst(range.upperBound)
                    case .held(let count, let consumed):
                        form.data += parser.delimiter[..<count]
                        window.removeFirst(consumed)
                    case .partEnd(let consumed):
                        form.record.append("end at \(form.data.count)")
                        window.removeFirst(consumed)
                    case .end(let consumed):
                        window.removeFirst(consumed)
                        isStuck = window.isEmpty
                    case .needMore(let consumed):
                        window.removeFirst(consumed)
                        isStuck = true
                    }
                }
            }
            form.record.append("\(parser.isComplete)")
        } catch { form.record.append("error \(error.code)") }
        return form
    }
}
