import BridgeBytes
import BridgeHTTP
import BridgeJSON
import Foundation
import NATSBridgeFoundation
import NATSCore
import Testing

/// Foundation's types beside ours.
@Suite struct FoundationValuesTests {
    @Test func `data and bytes are made of each other`() {
        let data = Data([1, 2, 255])
        #expect(Data(Bytes(data)) == data)
        #expect(Bytes(data[1...]) == Bytes([2, 255]))
        #expect(Data(Bytes()).isEmpty && Bytes(Data()).isEmpty)
        func payload(_ value: some BytesConvertible) -> Bytes { value.bytes }
        #expect(payload(data) == Bytes([1, 2, 255]))
    }

    @Test(arguments: [
        0, 1, -1, 978_307_200, 978_307_199, 1_800_000_000, -62_135_596_800, 253_402_300_799,
    ])
    func `dates and moments are made of each other`(seconds: Int64) {
        for microseconds: Int32 in [0, 1, 499_999, 500_000, 999_999] {
            let moment = Timestamp(seconds: seconds, nanoseconds: microseconds * 1_000)
            // So far away a date is not as fine as a microsecond.
            guard abs(seconds) < 2_000_000_000 || microseconds % 500_000 == 0 else { continue }
            #expect(Timestamp(Date(moment)) == moment)
        }
    }

    @Test func `dates that are no moments are told`() {
        #expect(Timestamp(Date(timeIntervalSince1970: .nan)) == nil)
        #expect(Timestamp(Date(timeIntervalSince1970: -.infinity)) == nil)
        #expect(Timestamp(Date(timeIntervalSince1970: 1e19)) == nil)
        #expect(Timestamp(Date(timeIntervalSince1970: 0.999_999_9))?.seconds == 1)
        #expect(Date(Timestamp(seconds: .min)) < Date(Timestamp(seconds: .max)))
    }

    @Test(arguments: [Double.nan, -.infinity, 1e19, 1e12])
    func `dates that JSON cannot say are refused, and not made a null`(seconds: Double) {
        let error = #expect(throws: JSONError.self) {
            try JSONValue(encoding: ["at": Date(timeIntervalSince1970: seconds)])
        }
        #expect(error?.code == .invalidValue && error?.path == "at")
    }

    @Test func `URLs are made of each other`() throws {
        let url = try #require(URL(string: "http://Localhost:8080/a%20b?c=d"))
        let ours = try HTTPURL(url)
        #expect(ours.port == 8080 && ours.query == "c=d")
        #expect(URL(ours)?.absoluteString == "http://localhost:8080/a%20b?c=d")
        let relative = try #require(URL(string: "b", relativeTo: url))
        #expect(try HTTPURL(relative).path == "/b")
        let mail = try #require(URL(string: "mailto:a@b.c"))
        #expect(throws: HTTPWireError.self) { try HTTPURL(mail) }
    }

    @Test func `Foundation says what an error says of itself`() throws {
        let error = #expect(throws: HTTPWireError.self) { try HTTPURL("nothing") }
        let found = try #require(error)
        #expect((found as any Error).localizedDescription == found.description)
        let missing = #expect(throws: FileError.self) {
            try Bytes(mappingFile: "/no/such/file")
        }
        #expect((missing as (any Error)?)?.localizedDescription == missing?.description)
    }
}
