import BridgeBytes
import BridgeHTTP
import BridgeJSON
import BridgeSockets
import Glibc
import HTTPWire
import TestKit
import Testing

/// Whose share is used up, and how room comes back (failures.md B1, B8).
@Suite(.patient) struct QuotaTests {
    private static let body = [UInt8](repeating: 1, count: 1000)
    private static let room = 4096 + 1000

    @Test func `the folder, a path and an address have their shares, in bytes and files`() {
        let keys = [ObjectKey(native: TestID.of(1)), ObjectKey(native: TestID.of(2))]
        let plik = ObjectKey(upload: "aaaaaaaaaaaaaaaa", file: "bbbbbbbbbbbbbbbb")
        guard let one = keys[0], let other = keys[1], let plik else {
            Issue.record("these are keys")
            return
        }
        func refusal(
            _ quotas: RoomLedger.Quotas, _ owner: FileOwner, _ bytes: Int = 1
        ) -> QuotaScope? {
            var ledger = RoomLedger(quotas)
            ledger.add(bytes: 5, files: 1, for: FileOwner(key: one, address: "a"))
            ledger.add(bytes: 5, files: 1, for: FileOwner(key: plik, address: "a"))
            return ledger.reserve(bytes: bytes, files: 1, for: owner)
        }
        let native = FileOwner(key: other, address: "b")
        #expect(refusal(RoomLedger.Quotas(), native, .max) == nil)
        var endless = RoomLedger(RoomLedger.Quotas())
        for _ in 1...3 { #expect(endless.reserve(bytes: .max, files: 1, for: native) == nil) }
        for _ in 1...3 { endless.release(bytes: .max, files: 1, for: native) }
        #expect(endless.total == RoomLedger.Use())
        let bytes = StorageQuota(bytes: 10)
        #expect(refusal(RoomLedger.Quotas(folder: bytes), native) == .folder)
        #expect(refusal(RoomLedger.Quotas(folder: StorageQuota(files: 2)), native) == .folder)
        #expect(refusal(RoomLedger.Quotas(native: StorageQuota(bytes: 5)), native) == .path)
        #expect(refusal(RoomLedger.Quotas(plik: StorageQuota(files: 1)), native) == nil)
        let more = FileOwner(key: plik, address: "b")
        #expect(refusal(RoomLedger.Quotas(plik: StorageQuota(files: 1)), more) == .path)
        #expect(refusal(RoomLedger.Quotas(plikUploadFiles: 1), more) == .upload)
        #expect(refusal(RoomLedger.Quotas(address: bytes), native) == nil)
        let same = FileOwner(key: other, address: "a")
        #expect(refusal(RoomLedger.Quotas(address: bytes), same) == .address)
        #expect(refusal(RoomLedger.Quotas(address: StorageQuota(files: 2)), same) == .address)
    }

    @Test func `whatever comes and goes, the counts end at nothing`() {
        var generator = SeededGenerator("ledger")
        let quota = StorageQuota(bytes: 500, files: 20)
        var ledger = RoomLedger(
            RoomLedger.Quotas(folder: quota, native: quota, plik: quota, address: quota))
        var reserved: [(FileOwner, Int)] = []
        var stored: [(FileOwner, Int)] = []
        for _ in 0..<5000 {
            let number = Int.random(in: 0..<8, using: &generator)
            let key =
                number % 2 == 0
                ? ObjectKey(native: TestID.of(number))
                : ObjectKey(upload: "aaaaaaaaaaaaaaa\(number)", file: "bbbbbbbbbbbbbbbb")
            guard let key else { continue }
            let owner = FileOwner(key: key, address: "\(number % 3)")
            let bytes = Int.random(in: 0...100, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0:
                if ledger.reserve(bytes: bytes, files: 1, for: owner) == nil {
                    reserved.append((owner, bytes))
                }
            case 1 where !reserved.isEmpty:
                let (owner, bytes) = reserved.removeFirst()
                ledger.add(bytes: bytes, files: 1, for: owner)
                ledger.release(bytes: bytes, files: 1, for: owner)
                stored.append((owner, bytes))
            case 2 where !stored.isEmpty:
                let (owner, bytes) = stored.removeFirst()
                ledger.add(bytes: -bytes, files: -1, for: owner)
            default: break
            }
            #expect(ledger.total.bytes + ledger.total.reservedBytes <= 500)
            #expect(ledger.total.files + ledger.total.reservedFiles <= 20)
        }
        for (owner, bytes) in reserved { ledger.release(bytes: bytes, files: 1, for: owner) }
        for (owner, bytes) in stored { ledger.add(bytes: -bytes, files: -1, for: owner) }
        #expect(ledger.total == RoomLedger.Use())
    }

    @Test func `an address that has its share is asked to wait, also after a restart`()
        async throws
    {
        let folder = try TemporaryDirectory()
        var options = FileServerOptions(directory: folder.file("store"))
        options.quotaPerAddress = StorageQuota(bytes: 2 * Self.room)
        for number in 0..<3 {
            let server = try await FileServer.start(options)
            let port = server.port
            try await RawClient.run(port) { client throws in
                let put = try client.request(
                    "PUT", "/f/\(TestID.of(number))/x", body: Self.body)
                #expect(put.status == (number < 2 ? 201 : 429))
                guard number == 2 else { return }
                #expect(put.fields["Retry-After"] == "60")
                let json = try JSONValue(parsing: Bytes(put.body))
                #expect(json["error"]?.stringValue == "limit_exceeded")
                var other = try RawClient(port: port, from: 2)
                let path = "/f/\(TestID.of(8))/x"
                #expect(try other.request("PUT", path, body: Self.body).status == 201)
            }
            if number == 2 { #expect(server.counters.refusals["address"] == 1) }
            await server.stop()
        }
    }

    @Test func `files are counted as well as bytes`() async throws {
        try await RunningServer.with { options in
            options.maximumStoredFiles = 2
            options.maximumPlikFiles = 1
        } _: { running in
            try await running.client { client throws in
                for number in 0..<3 {
                    let put = try client.request("PUT", "/f/\(TestID.of(number))/x", body: [])
                    #expect(put.status == (number < 2 ? 201 : 507))
                }
            }
            #expect(running.server.counters.refusals["folder"] == 1)
        }
    }

    @Test func `an upload that finds no room has what is expired go first`() async throws {
        try await RunningServer.with { options in
            options.maximumStoredBytes = 3 * Self.room
        } _: { running in
            let clock = running.clock
            try await running.client { client throws in
                for number in 0..<3 {
                    let put = try client.request(
                        "PUT", "/f/\(TestID.of(number))/x", fields: ["X-TTL: 5"],
                        body: Self.body)
                    #expect(put.status == 201)
                }
                clock.advance(by: .seconds(5))
                let path = "/f/\(TestID.of(3))/x"
                #expect(try client.request("PUT", path, body: Self.body).status == 201)
            }
            #expect(running.server.stored.files == 1)
        }
    }

    @Test func `a full disk does not stop the sweep`() async throws {
        let isFull = Flag()
        try await RunningServer.with { options in
            options.systemCalls = SystemCalls { call, _ in
                call == .fileWrite && isFull.isSet ? .refused(ENOSPC) : .made
            }
        } _: { running in
            try await running.client { client throws in
                for number in 0..<4 {
                    let put = try client.request(
                        "PUT", "/f/\(TestID.of(number))/x", fields: ["X-TTL: 5"],
                        body: Self.body)
                    #expect(put.status == 201)
                }
            }
            running.clock.advance(by: .seconds(5))
            isFull.set(true)
            #expect(await running.server.sweep() == 4)
            #expect(running.server.stored.files == 0 && running.server.stored.bytes == 0)
            #expect(await running.leavesNoParts() && running.objectFiles.isEmpty)
            isFull.set(false)
            let put = try await running.client {
                try $0.request("PUT", "/f/\(TestID.of(5))/x", body: Self.body)
            }
            #expect(put.status == 201)
        }
    }
}
