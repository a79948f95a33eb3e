/// Names as they go into links.
package enum StoredName {
    /// Longest name in bytes of UTF-8, as file systems and stores have it.
    static let longest = 255

    /// A name without what stores refuse: slashes and control characters become `_`, a name that
    /// is empty or only dots becomes `data`, a longer one loses its middle, not its extension.
    package static func plain(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            let isRefused = scalar.value < 0x20 || scalar.value == 0x7F
            text.unicodeScalars.append(
                isRefused || scalar == "/" || scalar == "\\" ? "_" : scalar)
        }
        if text.isEmpty || text.allSatisfy({ $0 == "." }) { return "data" }
        while text.utf8.count > longest {
            text.remove(at: text.index(text.startIndex, offsetBy: text.count / 2))
        }
        return text
    }
}
