internal import Glibc

/// The variables that this process was started with.
package enum ProcessEnvironment {
    /// A variable; nil when it is unset or empty.
    package static func value(_ name: String) -> String? {
        // Sound: the text is copied at once, and nothing here changes the environment.
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }
}
