import BridgeBytes
import BridgeCommand
import BridgeConsole
import BridgeJSON
import Testing

@Suite("Doctor report")
struct DoctorReportTests {
    private func report(_ findings: DoctorFinding...) -> DoctorReport {
        var report = DoctorReport()
        report.add(findings)
        return report
    }

    private let fine = DoctorFinding("a", .ok, "it is", figures: [.init("x_seconds", 0.5)])
    private let odd = DoctorFinding("b", .warning, "odd | told", advice: "mend it")
    private let broken = DoctorFinding(
        "c", CommandFailure(.connection, code: .connectionFailed, stage: "s", detail: "gone"))

    @Test func `the worst finding decides the exit code`() {
        #expect(report().exit(.text) == .ok)
        #expect(report(fine).exit(.text) == .ok)
        #expect(report(fine, odd).exit(.text) == .other)
        #expect(report(odd, broken, fine).exit(.text) == .connection)
        #expect(report(fine).exit(.nagios).rawValue == 0)
        #expect(report(odd).exit(.nagios).rawValue == 1)
        #expect(report(odd, broken).exit(.nagios).rawValue == 2)
    }

    @Test func `a monitor reads one line, with the figures behind the only bar`() {
        let lines = report(fine, odd, broken).lines(.nagios)
        #expect(
            lines == [
                "CRITICAL - natsbridge: c: gone (connection_failed); b: odd / told | x_seconds=0.5"
            ])
        #expect(report(fine).lines(.nagios) == ["OK - natsbridge: 1 checks | x_seconds=0.5"])
    }

    @Test func `a person reads what to do below what is wrong`() {
        let lines = report(fine, odd).lines(.text)
        #expect(lines[0] == "ok        a  it is")
        #expect(lines[1] == "warning   b  odd | told")
        #expect(lines[2].hasSuffix("→ mend it"))
        #expect(lines.last == "1 of 2 checks need a look")
    }

    @Test func `Prometheus reads each name once`() throws {
        let lines = report(fine, odd, broken).lines(.prometheus)
        let form = /(# (HELP|TYPE) [a-z_]+ .+)|([a-z_]+({check="[a-z_]+"})? -?[0-9.e+-]+)/
        for line in lines { #expect(line.wholeMatch(of: form) != nil, "\(line)") }
        #expect(Set(lines).count == lines.count)
        #expect(lines.contains("natsbridge_doctor_level{check=\"c\"} 2"))
        #expect(lines.contains("natsbridge_doctor_x_seconds 0.5"))
    }

    @Test func `a program reads an object a line`() throws {
        let lines = try report(fine, odd).lines(.json).map {
            try JSONValue(parsing: Bytes(utf8: $0))
        }
        #expect(lines.map { $0["level"] } == ["ok", "warning"])
        #expect(lines[0]["x_seconds"]?.description == "0.5" && lines[1]["advice"] == "mend it")
    }
}
