import BridgeCommand
import Foundation
import TestKit
import Testing

/// Zero, negative, enormous, empty and senseless values of every option: wrong usage, or a
/// meaning; never a trap, and never a wait without end.
@Suite("Odd arguments", .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct OddArgumentTests {
    private static let numbers = ["", "-1", "x", "1e3", "99999999999999999999", "NaN", "0x10", "٣"]
    private static let durations = [
        "", "-1s", "5", "nan", "inf", "1e9s", "99999999999999d", "9223372036854775807s", "s", ".s",
    ]
    private static let sizes = ["", "-1", "1.5MB", "nan", "9999999999GiB", "KB"]

    /// For each command line the values of one option that are wrong usage.
    static let refused: [(line: [String], option: String, values: [String])] = [
        (["receive", "s"], "--count", numbers + ["0"]),
        (["replay", "S", "--since", "1m"], "--count", numbers + ["0"]),
        (["receive", "s"], "--timeout", durations + ["0", "0s", "0.0s"]),
        (["receive", "s"], "--order", ["", "IN-ORDER", "none"]),
        (["receive", "s"], "--memory", sizes + ["0"]),
        (["receive", "s"], "--queue", ["", "a b"]),
        (["receive", "s"], "--out", [""]),
        (["receive", "s"], "--max-retries", numbers + ["1000000000000"]),
        (["receive", "s"], "--base-delay", durations),
        (["receive", "s"], "--max-delay", durations),
        (["receive", "s"], "--store", ["", "x", "http://", "ftp://h", "http://h:0"]),
        (["receive", "s"], "--allow-origin", ["", "nowhere"]),
        (["send", "s", "a:text=x"], "--threshold", sizes),
        (["send", "s", "a:text=x"], "--timeout", durations + ["0s"]),
        (["send", "s", "a:text=x"], "--ttl", durations + ["0s"]),
        (["send", "s", "a:text=x"], "--metadata", ["", "[]", "1", "{"]),
        (["send", "s", "a:text=x"], "--header", ["", "=x", "a", "a b=c", "a=b\r\nc"]),
        (
            ["send", "s", "a:text=x"], "--server",
            ["", ",", "h:0", "h:65536", "h:-1", "ws://h:0", "h,wss://h:-1", "tls://h:0", "::"]
        ),
        (["send", "s", "a:text=x"], "--context", ["", "/", "../x", "no-such-context"]),
        (["send", "s", "a:text=x"], "--trace", [""]),
        (["request", "s", "a:text=x"], "--timeout", durations + ["0s"]),
        (["replay", "S"], "--since", durations.filter { $0 != "5" } + ["5", "tomorrow"]),
        (["serve"], "--port", numbers + ["65536"]),
        (["serve"], "--max-size", sizes + ["0"]),
        (["serve"], "--ttl", durations + ["0s"]),
        (["serve"], "--scrub", durations + ["0", "0s"]),
        (["fetch", "http://127.0.0.1:1/x", "-o", "-"], "--size", sizes),
        (["fetch", "http://127.0.0.1:1/x", "-o", "-"], "--max-size", sizes + ["0"]),
        (["fetch", "http://127.0.0.1:1/x", "-o", "-"], "--checksum", ["", "md5:0", "xxh64:zz"]),
        (["arrow", "cat", "-"], "--rows", numbers),
        (["demo"], "--rows", numbers + ["0", "9223372036854775807"]),
    ]

    @Test(arguments: refused.indices)
    func `what has no meaning is wrong usage`(_ index: Int) async throws {
        let (line, option, values) = Self.refused[index]
        for value in values {
            let run = try await CommandRun.run(line + [option, value])
            #expect(run.status == 2, "\(line) \(option) \"\(value)\": \(run.errors)")
            #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        }
    }

    /// Values with a meaning, and the exit codes that they may have.
    static let taken: [(line: [String], codes: Set<Int32>)] = [
        (["send", "s", "a:text=x", "--threshold", "0", "--dry-run"], [0]),
        (["send", "s", "a:text=x", "--threshold", "9223372036854775807"], [0]),
        (["send", "s", "a:text=x", "--timeout", "3650d"], [0]),
        (["send", "s", "a:text=x", "--timeout", "1ns"], [0, 3, 8]),
        (["send", "s", "a:text=x", "--ttl", "3650d"], [0]),
        (["send", "s", "a:text=x", "--max-retries", "1000000"], [0]),
        (["send", "s", "a:text=x", "--base-delay", "0", "--max-delay", "0s"], [0]),
        (["receive", "s", "--timeout", "1ns"], [0, 3]),
        (["receive", "s", "-n", "9223372036854775807", "--timeout", "50ms"], [8]),
        (["receive", "s", "--memory", "1", "--timeout", "50ms"], [0]),
        (["receive", "s", "--memory", "9223372036854775807", "--timeout", "50ms"], [0]),
        (["request", "s", "a:text=x", "--timeout", "1ns"], [5, 8, 3]),
        (["replay", "S", "--since", "0"], [4]),
        (["replay", "S", "--since", "3650d"], [4]),
        (["replay", "S", "--since", "9999-12-31T23:59:59Z"], [4]),
        (["replay", "S", "--since", "0001-01-01T00:00:00Z"], [4]),
    ]

    @Test(.needsNATSServer) func `what has a meaning is done`() async throws {
        try await NATSServerFixture.run { server in
            for (line, codes) in Self.taken {
                let run = try await CommandRun.run(line + ["--server", server.url])
                #expect(codes.contains(run.status), "\(line): \(run.status) \(run.errors)")
            }
        }
    }

    @Test func `an enormous sparse file is refused, and no memory is taken for it`() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("sparse")
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
        // 4 TB of nothing.
        let made = ftruncate(descriptor, 4 << 40)
        close(descriptor)
        try #require(made == 0)
        let run = try await CommandRun.run(["arrow", "schema", path])
        #expect(run.status == 7, "\(run.errors)")
    }
}
