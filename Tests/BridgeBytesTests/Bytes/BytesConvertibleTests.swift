import BridgeBytes
import Testing

@Suite struct BytesConvertibleTests {
    private func bytes(_ value: some BytesConvertible) -> [UInt8] { [UInt8](value.bytes) }

    @Test func `text is its UTF-8, and bytes are what they are`() {
        let text = "<grün😀>"
        #expect(bytes(text) == Array(text.utf8))
        #expect(bytes(text.dropFirst().dropLast()) == Array("grün😀".utf8))
        let array: [UInt8] = [1, 2, 3, 4]
        #expect(bytes(array) == array)
        #expect(bytes(array[1..<3]) == [2, 3])
        #expect(bytes("") == [] && bytes(array[2..<2]) == [])
    }

    @Test func `bytes are not copied`() {
        let value: Bytes = [1, 2, 3]
        func address(_ value: some BytesConvertible) -> UInt { value.bytes.address }
        #expect(address(value) == value.address)
    }
}
