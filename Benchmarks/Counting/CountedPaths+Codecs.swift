import ArrowIPC
import BridgeBytes
import BridgeEnvelope
import BridgeJSON

/// The paths that touch nothing but memory: their figures are the same in every run.
enum CountedCodecs {
    static func paths() throws -> [CountedPath] {
        let paths = [try arrowWrite(), try arrowRead()] + (try json()) + base64() + envelope()
        return paths.map { path in
            var path = path
            // None of them asks the system for anything but memory.
            path.kinds = [.allocations, .calls, .instructions]
            return path
        }
    }

    private static let rows = 100_000

    private static func arrowWrite() throws -> CountedPath {
        let table = try ArrowBenchmarkTable.make(rows: rows)
        return CountedPath(name: "arrow.write", unit: .call, count: 20) { count in
            for _ in 0..<count { consume(try table.ipcStream().count) }
        }
    }

    private static func arrowRead() throws -> CountedPath {
        let stream = try ArrowBenchmarkTable.make(rows: rows).ipcStream()
        return CountedPath(name: "arrow.read", unit: .call, count: 20) { count in
            for _ in 0..<count {
                var total: Int64 = 0
                for chunk in try Table(ipcStream: stream).column("id").chunks {
                    let values = try chunk.span(as: Int64.self)
                    for index in values.indices { total &+= values[index] }
                }
                consume(total)
            }
        }
    }

    private static func json() throws -> [CountedPath] {
        let rows = (0..<1000).map { row -> JSONValue in
            ["id": .number(JSONNumber(row)), "name": .string("row number \(row)"), "ok": true]
        }
        let value = JSONValue.array(rows)
        let text = value.encoded()
        return [
            CountedPath(name: "json.encode", unit: .call, count: 20) { count in
                for _ in 0..<count { consume(value.encoded().count) }
            },
            CountedPath(name: "json.decode", unit: .call, count: 20) { count in
                for _ in 0..<count { consume(try JSONValue(parsing: text)) }
            },
        ]
    }

    private static func base64() -> [CountedPath] {
        let bytes = Bytes((0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
        let text = Base64.encode(bytes.span)
        return [
            CountedPath(name: "base64.encode", unit: .call, count: 20) { count in
                for _ in 0..<count { consume(Base64.encode(bytes.span).count) }
            },
            CountedPath(name: "base64.decode", unit: .call, count: 20) { count in
                for _ in 0..<count { consume(try Base64.decode(text.span).count) }
            },
        ]
    }

    private static func envelope() -> [CountedPath] {
        let payload = EnvelopePayload(
            id: "4b4e4b6c-3f0e-4c55-9a0b-0c1d2e3f4a5b", dataName: "data", typeName: "binary",
            content: .direct(Bytes([UInt8](repeating: 7, count: 10_000))))
        let envelope = Envelope(
            correlationID: "c", messageID: "m", timestamp: Timestamp(seconds: 0), sendTo: "s",
            senderID: "i", payloads: [payload])
        let body = EnvelopeWriter.encode(envelope)
        return [
            CountedPath(name: "envelope.encode", unit: .call, count: 200) { count in
                for _ in 0..<count { consume(EnvelopeWriter.encode(envelope).count) }
            },
            CountedPath(name: "envelope.decode", unit: .call, count: 200) { count in
                for _ in 0..<count { consume(try EnvelopeReader.read(body).payloads.count) }
            },
        ]
    }
}
