/// What was wrong with text that should have been an encoded value.
package struct CodecError: Error, Equatable, CustomStringConvertible {
    /// The kinds of fault; the raw values are stable.
    package enum Code: String, Sendable {
        /// A character outside the alphabet.
        case invalidCharacter
        /// The text ends inside a value.
        case truncated
        /// Padding is missing, too long or in the wrong place.
        case invalidPadding
        /// Bits that must be zero are not, so another text would mean the same bytes.
        case nonCanonical
        /// A field holds a number that the calendar or the clock does not have.
        case outOfRange
        /// The name of an algorithm that is not known here.
        case unknownAlgorithm
    }

    package let code: Code
    /// Position of the fault, in bytes from the start of the text.
    package let offset: Int

    package init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    package var description: String { "\(code.rawValue) at byte \(offset)" }
}
