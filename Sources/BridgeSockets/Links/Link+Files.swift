internal import CLinux
internal import Glibc

extension Link {
    /// Sends part of a file straight from the page cache, as much as fits now, once.
    ///
    /// `.ended` means that the file is shorter than was asked for.
    package func write(_ file: OpenFile, from position: Int, count: Int) -> Transfer {
        var offset = position
        return SystemCalls.transfer(
            "sendfile",
            calls.retried(.sendfile, count, on: descriptorNumber) {
                unsafe sendfile(descriptorNumber, file.number, &offset, $0)
            })
    }
}
