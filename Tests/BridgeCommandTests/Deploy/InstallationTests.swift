import BridgeBytes
import BridgeConsole
import Foundation
import TestKit
import Testing

/// `scripts/install` and `scripts/make-deb`, with the built program.
@Suite("Installation", .enabled(if: CommandRun.executable != nil, "\(CommandRun.absence)"))
struct InstallationTests {
    private static let hasPackages =
        Environment.executable(named: "dpkg-deb") != nil
        && Environment.executable(named: "dpkg") != nil

    private func script(_ name: String) -> String { PackageRoot.file("scripts/\(name)") }

    @Test func `what is installed runs, explains itself, and goes again`() async throws {
        let program = try #require(CommandRun.executable)
        let shell = try ShellRun(server: "")
        let run = try await shell.run(
            """
            set -e
            export DESTDIR="$PWD/root" PREFIX=/opt/x
            '\(script("install"))' '\(program)'
            root="$DESTDIR$PREFIX"
            "$root/bin/natsbridge" version
            gzip -dc "$root/share/man/man1/natsbridge.1.gz" | head -2 | tail -1
            bash -n "$root/share/bash-completion/completions/natsbridge"
            head -1 "$root/share/zsh/site-functions/_natsbridge"
            grep -c '^complete' "$root/share/fish/vendor_completions.d/natsbridge.fish" >/dev/null
            # The same again replaces what is there.
            '\(script("install"))' '\(program)' >/dev/null
            find "$root" -type f | wc -l
            '\(script("install"))' --remove
            find "$root" -type f | wc -l
            """)
        #expect(run.status == 0, "\(run.errors)")
        try #require(run.lines.count == 6, "\(run.output)")
        let version = LibraryVersion.current
        #expect(run.lines[0].hasPrefix("installed natsbridge \(version) in "))
        #expect(run.lines[1] == "natsbridge \(version)")
        #expect(run.lines[2].hasPrefix(".TH NATSBRIDGE 1"))
        #expect(run.lines[3] == "#compdef natsbridge")
        #expect(run.lines[4...] == ["5", "0"])
    }

    @Test func `a program that is not there installs nothing`() async throws {
        let shell = try ShellRun(server: "")
        let run = try await shell.run(
            "DESTDIR=$PWD '\(script("install"))' nowhere; echo $?; ls usr 2>/dev/null")
        #expect(run.lines == ["1"])
    }

    @Test(.enabled(if: hasPackages, "no dpkg"))
    func `the package installs into another root and runs there`() async throws {
        let program = try #require(CommandRun.executable)
        let shell = try ShellRun(server: "")
        let run = try await shell.run(
            """
            set -e
            package=$(DEB_COMPRESSION=none '\(script("make-deb"))' '\(program)' "$PWD/out")
            basename "$package"
            dpkg-deb -f "$package" Package Version Depends
            mkdir -p root/var/lib/dpkg/updates root/var/lib/dpkg/info
            touch root/var/lib/dpkg/status root/var/lib/dpkg/available
            dpkg --root="$PWD/root" --force-not-root --force-depends --force-bad-path \
                -i "$package" >/dev/null 2>err || { cat err >&2; exit 1; }
            root/usr/bin/natsbridge version
            ls root/lib/systemd/system root/usr/share/doc/natsbridge
            dpkg --root="$PWD/root" --force-not-root --force-bad-path -P natsbridge >/dev/null 2>&1
            find root -name 'natsbridge*' | wc -l
            """)
        #expect(run.status == 0, "\(run.errors)")
        let version = LibraryVersion.current
        #expect(run.lines.first?.hasPrefix("natsbridge_\(version)_") == true)
        #expect(run.lines.contains("Version: \(version)"))
        #expect(run.output.contains("libc6"))
        for line in [
            "natsbridge \(version)", "natsbridge-serve.service", "natsbridge-serve.socket",
            "copyright",
        ] {
            #expect(run.lines.contains(line), "\(line)")
        }
        #expect(run.lines.last == "0")
    }
}
