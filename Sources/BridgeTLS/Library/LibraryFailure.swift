/// What the library says of the last call on this thread.
struct LibraryFailure: Equatable {
    /// The part of the library that complains (`ERR_LIB_…`), such as 20: TLS.
    let part: Int
    /// Its number for the reason, which stays the same where its words change.
    let reason: Int
    /// Its words.
    let words: String

    static let tls = 20
    static let pem = 9

    static let none = LibraryFailure(part: 0, reason: 0, words: "no reason is given")
}

extension OpenSSL {
    /// Forgets what earlier calls on this thread complained of: also those of other connections.
    func clearErrors() {
        // Sound: takes nothing; the queue is the calling thread's own.
        unsafe errors.clear()
    }

    /// The first complaint since `clearErrors`, which is the cause of the others. Called on the
    /// thread of the failed call, with no suspension between.
    func takeFailure() -> LibraryFailure {
        // Sound: the words are constants of the library, and copied at once.
        let number = unsafe errors.next()
        guard number != 0 else { return .none }
        let words = unsafe errors.words(number).map { unsafe String(cString: $0) }
        unsafe errors.clear()
        // Bit 31 marks an error number of the system.
        guard number & 0x8000_0000 == 0 else {
            return LibraryFailure(
                part: 2, reason: Int(number & 0x7FFF_FFFF), words: words ?? "a system call failed")
        }
        return LibraryFailure(
            part: Int(number >> 23 & 0xFF), reason: Int(number & 0x7F_FFFF),
            words: words ?? "reason \(number & 0x7F_FFFF)")
    }
}
