import BridgeSockets
import Testing

@Suite struct MemoryLimitTests {
    private func limit(_ groups: String, _ files: [String: String]) -> Int? {
        MemoryLimit.group(of: groups) { files[$0] }
    }

    @Test func `the least limit around a process counts`() {
        let files = [
            "/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/memory.max": "5000\n",
            "/sys/fs/cgroup/memory.max": "7000\n",
        ]
        #expect(limit("0::/a/b\n", files) == 5000)
        #expect(limit("0::/c\n", files) == 7000)
        // Its path may be that of a host, which a container does not see.
        #expect(limit("0::/host/docker-1\n", files) == 7000)
        #expect(limit("0::/\n", ["/sys/fs/cgroup/memory.max": "max"]) == nil)
    }

    @Test func `groups of the first version have a controller for memory`() {
        let files = ["/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "4096\n"]
        #expect(limit("5:cpu,memory:/x\n4:freezer:/x\n0::/x", files) == 4096)
        #expect(limit("5:memory:/x:with:colons\n", files) == nil)
    }

    @Test func `what cannot be read limits nothing`() {
        for text in ["", "\n", "0:", "::", "0::/\u{0}", "garbage:memory", "1:memory:relative"] {
            #expect(limit(text, [:]) == nil)
        }
        let wrong = ["", "x", "-1", "0", "99999999999999999999", "\u{0664}"]
        for text in wrong {
            #expect(limit("0::/", ["/sys/fs/cgroup/memory.max": text]) == nil)
        }
        #expect(MemoryLimit.file("/nowhere") == nil)
        #expect(MemoryLimit.file("/proc/self/cgroup") != nil)
        #expect(MemoryLimit.current > 0)
    }
}
