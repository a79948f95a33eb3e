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
/// the same name, `columns` is keyed by position.
package enum ArrowJSONForm {
    /// Writes the object of a table.
    /// - Throws: `ArrowError` when a column's content is invalid; the writer is then of no use.
    package static func write(
        _ table: Table, into writer: inout JSONWriter
    ) throws(ArrowError) {
        writer.beginObject()
        write(schema: table.schema, into: &writer)
        writer.key("batches")
        writer.beginArray()
        for batch in table.batches { try write(batch, into: &writer) }
        writer.endArray()
        writer.endObject()
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
    /// - Throws: `ArrowError` when a column's content is invalid, with the column's name.
    package static func write(
        _ batch: RecordBatch, into writer: inout JSONWriter
    ) throws(ArrowError) {
        let byPosition = batch.schema.hasDuplicateNames
        writer.beginObject()
        writer.key("rows")
        writer.number(batch.count)
        writer.key("columns")
        writer.beginObject()
        for (position, column) in batch.columns.enumerated() {
            let name = batch.schema.fields[position].name
            writer.key(byPosition ? String(position) : name)
            do throws(ArrowError) { try write(column, into: &writer) } catch {
                var error = error
                error.field = name
                throw error
            }
        }
        writer.endObject()
        if let metadata = batch.metadata { write(key: "metadata", metadata, into: &writer) }
        writer.endObject()
    }

    private static func write(
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
            writer.string(entry.key)
            writer.string(entry.value)
            writer.endArray()
        }
        writer.endArray()
    }

    private static func write(_ field: Field, into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string(field.name)
        writer.key("type")
        writer.string(field.type.description)
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
            writer.string(index.description)
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
