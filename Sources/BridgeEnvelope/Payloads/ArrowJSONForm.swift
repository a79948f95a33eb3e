package import ArrowIPC
internal import BridgeBytes
package import BridgeJSON

/// A table as one JSON object, exactly and without loss: what the command line prints of Arrow
/// data, and what golden files hold.
///
/// ```
/// {"metadata": null or [[key, value], …], "schema": [FIELD, …],
///  "batches": [{"rows": n, "columns": {name: [value, …], …}, "metadata"?: […]}, …]}
/// FIELD = {"name", "type", "nullable", "metadata", "children"?: [FIELD, …], …}
/// ```
/// Integers of 64 bits, times of 64 bits and decimals are strings, since JSON readers round
/// them; binary is lower-case hexadecimal; a structure is an array of its values in the order of
/// the fields, a map an array of pairs. NaN and the infinities are strings. When two columns have
/// the same name, `columns` is keyed by position. Metadata that is not UTF-8 is `{"hex": digits}`.
package enum ArrowJSONForm {
    /// Writes the object of a table, batch by batch.
    /// - Throws: `ArrowError` when a column's content is invalid, with the column's name; the
    ///   output is then of no use. `PrintedSize` tells beforehand. `cancelled` when the sink of the
    ///   output takes no more.
    package static func write(
        _ table: Table, into output: inout JSONPieces
    ) throws(ArrowError) {
        begin(table.schema, into: &output)
        for batch in table.batches { try write(batch, into: &output) }
        end(into: &output)
    }

    /// Begins the object of a table; its batches follow.
    package static func begin(_ schema: Schema, into output: inout JSONPieces) {
        output.writer.beginObject()
        write(schema: schema, into: &output.writer)
        output.writer.key("batches")
        output.writer.beginArray()
    }

    /// Ends the object of a table.
    package static func end(into output: inout JSONPieces) {
        output.writer.endArray()
        output.writer.endObject()
    }

    /// A table's object in one piece of memory, for tables that are known to be small.
    /// - Throws: `ArrowError` when a column's content is invalid.
    package static func text(of table: Table) throws(ArrowError) -> Bytes {
        var output = JSONPieces()
        try write(table, into: &output)
        return output.writer.take(capacity: 0)
    }

    /// Writes the keys `metadata` and `schema` into an object that the caller has begun.
    package static func write(schema: Schema, into writer: inout JSONWriter) {
        write(key: "metadata", schema.metadata, into: &writer)
        writer.key("schema")
        writer.beginArray()
        for field in schema.fields { write(field, into: &writer) }
        writer.endArray()
    }

    /// Writes the object of a batch.
    /// - Throws: As for a table.
    package static func write(
        _ batch: RecordBatch, into output: inout JSONPieces
    ) throws(ArrowError) {
        let byPosition = batch.schema.hasDuplicateNames
        output.writer.beginObject()
        output.writer.key("rows")
        output.writer.number(batch.count)
        output.writer.key("columns")
        output.writer.beginObject()
        for (position, column) in batch.columns.enumerated() {
            let name = batch.schema.fields[position].name
            output.writer.key(byPosition ? String(position) : name)
            do throws(ArrowError) { try write(column, into: &output) } catch {
                var error = error
                error.field = name
                throw error
            }
        }
        output.writer.endObject()
        if let metadata = batch.metadata {
            write(key: "metadata", metadata, into: &output.writer)
        }
        output.writer.endObject()
    }

    package static func write(
        key: String, _ metadata: Metadata?, into writer: inout JSONWriter
    ) {
        writer.key(key)
        guard let metadata else {
            writer.null()
            return
        }
        writer.beginArray()
        for entry in metadata.entries {
            writer.beginArray()
            write(entry.keyBytes, into: &writer)
            write(entry.valueBytes, into: &writer)
            writer.endArray()
        }
        writer.endArray()
    }

    /// Bytes that are text as a rule: what is none becomes an object with its hexadecimal digits.
    private static func write(_ bytes: Bytes, into writer: inout JSONWriter) {
        if let text = String(validating: bytes) {
            writer.string(text)
            return
        }
        writer.beginObject()
        writer.key("hex")
        writer.string(Hex.string(bytes.span))
        writer.endObject()
    }

    private static func write(_ field: Field, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string(field.name)
        writer.key("type")
        writer.string(field.type.name)
        writer.key("nullable")
        writer.bool(field.isNullable)
        write(key: "metadata", field.metadata, into: &writer)
        writeParameters(of: field.type, into: &writer)
        writer.endObject()
    }

    /// What some types have beside their name: children, codes, the parts of a dictionary.
    private static func writeParameters(of type: DataType, into writer: inout JSONWriter) {
        var children: [Field]? = type.children
        switch type {
        case .map(let entries, let keysSorted):
            writer.key("keys_sorted")
            writer.bool(keysSorted)
            children = entries.type.children
        case .union(_, _, let codes):
            writer.key("type_codes")
            writer.beginArray()
            for code in codes { writer.number(Int(code)) }
            writer.endArray()
        case .dictionary(let index, let value, let isOrdered, _):
            writer.key("index")
            writer.string(index.name)
            writer.key("ordered")
            writer.bool(isOrdered)
            writer.key("value")
            write(Field("", value), into: &writer)
            children = nil
        case .structure: break
        default: if type.children.isEmpty { children = nil }
        }
        guard let children else { return }
        writer.key("children")
        writer.beginArray()
        for child in children { write(child, into: &writer) }
        writer.endArray()
    }
}
