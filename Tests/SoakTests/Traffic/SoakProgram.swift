import BridgeBytes
import Foundation
import TestKit

/// The built program `natsbridge`, run as a stranger would.
enum SoakProgram {
    /// The executable beside the test bundle; nil when it has not been built.
    static let executable: String? = BuiltProgram.path("natsbridge")

    static let absence = "the executable has not been built"

    /// What became of one run.
    struct End: Sendable {
        let status: Int32
        let output: String
        /// The most memory in kilobytes that was seen while it ran.
        let peak: Int
    }

    /// Starts the program beside the test.
    static func start(_ arguments: [String]) async throws -> ChildProcess {
        guard let executable else { throw FixtureError(absence) }
        return try await ChildProcess(executable, arguments)
    }

    /// Runs the program to its end. It is killed when the task is cancelled.
    static func run(_ arguments: [String], in folder: TemporaryDirectory) async throws -> End {
        guard let executable else { throw FixtureError(absence) }
        let path = folder.file("output")
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        guard let silence = FileHandle(forWritingAtPath: "/dev/null") else {
            throw FixtureError("/dev/null cannot be opened")
        }
        let process = try SpawnedProcess(
            executable, arguments, output: FileHandle(forWritingAtPath: path), errors: silence)
        let ended = SoakSwitch()
        async let status = {
            let status = await process.end()
            ended.turnOn()
            return status
        }()
        var peak = 0
        while !ended.isOn {
            if Task.isCancelled { process.signal(SIGKILL) }
            peak = max(peak, residentPeak(of: process.id))
            await Pace.pause(.milliseconds(20))
        }
        return End(
            status: await status,
            output: try TestFile.text(path).trimmingCharacters(in: .whitespacesAndNewlines),
            peak: peak)
    }

    /// The most memory in kilobytes that a process ever had resident (VmHWM); 0 when it is gone.
    static func residentPeak(of process: Int32) -> Int {
        let text = (try? TestFile.text("/proc/\(process)/status")) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first ?? 0
    }
}
