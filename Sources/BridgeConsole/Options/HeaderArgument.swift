package import NATSWire

/// A header as people write it: `Name=value`, or as curl and the `nats` tools do, `Name: value`.
///
/// The first of both signs ends the name, so that a value may hold either. Blanks around a value
/// that follows a colon are no part of it.
package enum HeaderArgument {
    package static let form = "write Name=value or 'Name: value'"

    /// - Parameters:
    ///   - option: Where it stands, for the message.
    ///   - isSecret: Whether the value is left out of messages.
    /// - Throws: Wrong usage for what is no header.
    package static func parse(
        _ text: String, of option: String, isSecret: Bool = false
    ) throws(CommandFailure) -> (name: HeaderName, value: HeaderValue) {
        guard let sign = text.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
            let shown = isSecret ? "" : " \"\(text)\""
            throw .usage("\(option)\(shown) has neither = nor a colon", hint: form)
        }
        let name = String(text[..<sign])
        var value = text[text.index(after: sign)...]
        if text[sign] == ":" {
            value = value.drop { $0 == " " || $0 == "\t" }
            while value.last == " " || value.last == "\t" { value.removeLast() }
        }
        do throws(SubjectError) {
            return (try HeaderName(name), try HeaderValue(String(value)))
        } catch {
            throw .usage(
                isSecret ? "\(option) \(name) is no header" : "\(option) \"\(text)\": \(error)",
                hint: form)
        }
    }
}
