package import BridgeBytes

/// Writes heads. Everything that a `FieldList` holds is already fit for the wire; method and
/// target are checked here, since a bad one is our own misuse.
package enum HeadWriter {
    package static func write(_ head: RequestHead, into writer: inout ByteWriter) {
        precondition(FieldList.isValidName(head.method), "a method is a token")
        precondition(
            !head.target.isEmpty && head.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F },
            "a request target holds visible ASCII only")
        writer.append(utf8: head.method)
        writer.append(Octet.space)
        writer.append(utf8: head.target)
        writer.append(Octet.space)
        writer.append(utf8: head.version.rawValue)
        writer.append("\r\n")
        write(head.fields, into: &writer)
    }

    package static func write(_ head: ResponseHead, into writer: inout ByteWriter) {
        precondition(head.status >= 100 && head.status <= 999, "a status has three digits")
        writer.append(utf8: head.version.rawValue)
        writer.append(Octet.space)
        writer.append(decimal: head.status)
        writer.append(Octet.space)
        writer.append(utf8: head.reason)
        writer.append("\r\n")
        write(head.fields, into: &writer)
    }

    /// Writes fields and the empty line.
    package static func write(_ fields: FieldList, into writer: inout ByteWriter) {
        for field in fields {
            writer.append(utf8: field.name)
            writer.append(": ")
            writer.append(utf8: field.value)
            writer.append("\r\n")
        }
        writer.append("\r\n")
    }
}
