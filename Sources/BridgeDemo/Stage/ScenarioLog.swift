internal import BridgeConsole
internal import BridgeJSON
internal import Synchronization

/// What a scenario found: its figures, and its checks with their outcome.
///
/// A person sees each line when it is known; a program gets one object when the scenario ends.
final class ScenarioLog: Sendable {
    let name: String
    let title: String
    private let console: Console

    private struct State {
        var figures = JSONObject()
        var checks: [JSONValue] = []
        var failures = 0
    }
    private let state = Mutex(State())

    private static let labelWidth = 26

    init(name: String, title: String, console: Console) {
        self.name = name
        self.title = title
        self.console = console
        if !console.json { console.line("\n\(name)  \(title)") }
    }

    /// Number of checks that did not hold.
    var failures: Int { state.withLock { $0.failures } }

    /// A measured value: `key` and `value` for programs, `label` and `text` for people.
    func figure(_ label: String, _ text: String, key: String, _ value: JSONValue) {
        state.withLock { $0.figures[key] = value }
        if !console.json {
            console.line("   " + Figures.padded(label, Self.labelWidth) + text)
        }
    }

    func figure(_ label: String, count: Int, key: String) {
        figure(label, Figures.grouped(count), key: key, JSONValue(count))
    }

    func figure(_ label: String, bytes: Int, key: String) {
        figure(label, Figures.bytes(bytes), key: key, JSONValue(bytes))
    }

    /// A time; the program gets microseconds.
    func figure(_ label: String, time: Duration, key: String) {
        let microseconds = (Figures.seconds(time) * 1e7).rounded() / 10
        figure(label, Figures.time(time), key: key, JSONValue(microseconds))
    }

    /// Bytes in a time; the program gets MB/s.
    func figure(_ label: String, rate bytes: Int, in time: Duration, key: String) {
        let rate = Double(bytes) / 1e6 / max(Figures.seconds(time), 1e-9)
        let text = "\(Figures.rate(bytes, in: time))  (\(Figures.time(time)))"
        figure(label, text, key: key, JSONValue((rate * 10).rounded() / 10))
    }

    /// A statement that the scenario verified; `detail` says what was found instead.
    func check(_ statement: String, _ holds: Bool, found detail: @autoclosure () -> String = "") {
        let found = holds ? "" : detail()
        state.withLock {
            var object = JSONObject()
            object["check"] = .string(statement)
            object["ok"] = .bool(holds)
            if !found.isEmpty { object["found"] = .string(found) }
            $0.checks.append(.object(object))
            if !holds { $0.failures += 1 }
        }
        guard !console.json else { return }
        let suffix = found.isEmpty ? "" : ": found \(found)"
        console.line("   \(holds ? "ok    " : "FAILED")  \(statement)\(suffix)")
    }

    /// A scenario that could not go on.
    func abort(_ failure: CommandFailure) {
        check("the scenario runs to its end", false, found: failure.line)
    }

    /// For programs: everything as one object.
    func finish(after time: Duration) {
        guard console.json else { return }
        let summary = state.withLock { state in
            var object = JSONObject()
            object["scenario"] = .string(name)
            object["title"] = .string(title)
            object["ok"] = .bool(state.failures == 0)
            object["seconds"] = JSONValue(Figures.seconds(time))
            object["figures"] = .object(state.figures)
            object["checks"] = .array(state.checks)
            return object
        }
        console.line(.object(summary))
    }
}
