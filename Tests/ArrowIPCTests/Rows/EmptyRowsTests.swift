import ArrowIPC
import BridgeBytes
import TestKit
import Testing

private enum Plain: String, Codable { case red, green }
private enum Listed: Int, Codable, CaseIterable {
    case one = 7
    case two
}
private enum Carrying: Codable {
    case number(Int)
    case text(String)
}

private struct Inner: Codable {
    var x: Double
    var tags: [String]?
}

private struct Row: Codable {
    var id: Int
    var size: UInt16?
    var name: String?
    var plain: Plain
    var listed: Listed?
    var raw: Bytes
    var at: Timestamp?
    var inner: Inner
    var maybe: Inner?
    var lists: [[Bool]]
    var counts: [String: Int]
    var points: [Inner]
    var last: Float

    static let full = Row(
        id: 1, size: 2, name: "n", plain: .green, listed: .two, raw: Bytes([1]),
        at: Timestamp(seconds: 1), inner: Inner(x: 1, tags: ["t"]), maybe: Inner(x: 2, tags: ["u"]),
        lists: [[true]], counts: ["a": 1], points: [Inner(x: 3, tags: ["v"])], last: 1)
    static let bare = Row(
        id: 1, size: nil, name: nil, plain: .green, listed: nil, raw: Bytes(), at: nil,
        inner: Inner(x: 1, tags: nil), maybe: nil, lists: [], counts: [:], points: [], last: 1)
}

/// Columns of rows whose types no value tells.
@Suite struct EmptyRowsTests {
    @Test func `no rows have the columns that rows would have`() throws {
        let empty = try Table(rows: [] as [Row])
        #expect(empty.schema == (try Table(rows: [Row.full]).schema))
        #expect(empty.count == 0)
        try empty.validate(full: true)
        let back = try Table(ipcStream: try empty.ipcStream())
        #expect(back.schema == empty.schema)
        #expect(try back.rows(as: Row.self).isEmpty)
        #expect(Array(try back.column("name").values(as: String.self)) == [])
    }

    @Test func `rows of nulls and empty lists have the same columns as others`() throws {
        let table = try Table(rows: [Row.bare, Row.bare])
        #expect(table.schema == (try Table(rows: [Row.full]).schema))
        try table.validate(full: true)
        let back = try Table(ipcStream: try table.ipcStream()).rows(as: Row.self)
        #expect(back.count == 2 && back[1].maybe == nil && back[1].points.isEmpty)
    }

    private func refusal<R: Encodable>(_ type: R.Type) -> ArrowError? {
        do { _ = try Table(rows: [] as [R]) } catch { return error }
        return nil
    }

    @Test func `what cannot be known is told, with a way out`() throws {
        struct Silent: Encodable { var id = 1 }
        struct Tree: Codable { var children: [Tree] }
        struct Choice: Codable { var value: Carrying }
        struct Strict: Codable {
            var id: Int
            init(from decoder: any Decoder) throws {
                let text = try decoder.singleValueContainer().decode(String.self)
                guard let id = Int(text, radix: 36), id > 9 else {
                    throw DecodingError.dataCorrupted(
                        .init(codingPath: decoder.codingPath, debugDescription: "too small"))
                }
                self.id = id
            }
        }
        struct Holder: Codable { var strict: Strict }
        for error in [
            refusal(Silent.self), refusal(Tree.self), refusal(Choice.self), refusal(Holder.self),
            refusal([String: Int].self),
        ] {
            #expect(error?.code == .invalidRow && error?.stage == .row)
            #expect(error?.message.hasSuffix("give a schema") == true)
        }
        #expect(refusal(Holder.self)?.message.contains("at strict") == true)
        #expect(refusal(Int.self)?.code == .invalidRow)
        let schema = Schema([Field("id", .int64)])
        #expect(try Table(rows: [] as [Silent], schema: schema).columnNames == ["id"])
        // With rows, what cannot be asked is a column of nulls, as before.
        struct Some: Codable {
            var strict: Strict?
            var id = 1
        }
        #expect(try Table(rows: [Some()]).schema["strict"]?.type == .null)
    }
}
