/// What was wrong with text that should have been an encoded value.
package struct CodecError: Error, Equatable, CustomStringConvertible {
    /// The kinds of fault, in words that a message may hold.
    package enum Code: String, Sendable {
        /// A character outside the alphabet.
        case invalidCharacter = "a character outside the alphabet"
        /// The text ends inside a value.
        case truncated = "it ends inside a value"
        /// Padding is missing, too long or in the wrong place.
        case invalidPadding = "wrong padding"
        /// Bits that must be zero are not, so another text would mean the same bytes.
        case nonCanonical = "spare bits that are not zero"
        /// A field holds a number that the calendar or the clock does not have.
        case outOfRange = "a number out of its range"
        /// The name of an algorithm that is not known here.
        case unknownAlgorithm = "an unknown algorithm"
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
