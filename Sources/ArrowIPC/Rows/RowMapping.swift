/// Dictionaries, which become maps: `Encoder` shows them as a structure, whose keys would become
/// columns.
protocol RowMapping {
    /// Hands over the pairs; those with texts as keys in the order of the keys.
    func forEachPair(_ body: (any Encodable, any Encodable) throws -> Void) throws
}

extension Dictionary: RowMapping where Key: Encodable, Value: Encodable {
    func forEachPair(_ body: (any Encodable, any Encodable) throws -> Void) throws {
        guard let texts = self as? [String: Value] else {
            for (key, value) in self { try body(key, value) }
            return
        }
        for key in texts.keys.sorted() {
            if let value = texts[key] { try body(key, value) }
        }
    }
}

/// Dictionaries as they come back from maps.
protocol RowMappingDecodable {
    static func decode(
        count: Int, pair: (_ index: Int) -> (key: any Decoder, value: any Decoder)
    ) throws -> Self
}

extension Dictionary: RowMappingDecodable where Key: Decodable, Value: Decodable {
    static func decode(
        count: Int, pair: (_ index: Int) -> (key: any Decoder, value: any Decoder)
    ) throws -> Self {
        var result: Self = [:]
        result.reserveCapacity(count)
        for index in 0..<count {
            let (key, value) = pair(index)
            result[try Key(from: key)] = try Value(from: value)
        }
        return result
    }
}
