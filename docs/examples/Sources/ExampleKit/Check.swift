import Glibc

/// Ends the program with an error when something is not as it must be.
public func check(_ condition: Bool, _ what: @autoclosure () -> String) {
    guard !condition else { return }
    let line = Array("wrong: \(what())\n".utf8)
    write(STDERR_FILENO, line, line.count)
    exit(1)
}

/// Prints a line at once, also when somebody reads it through a pipe.
public func say(_ text: String) {
    print(text)
    fflush(nil)
}
