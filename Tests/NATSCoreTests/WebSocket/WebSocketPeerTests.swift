import BridgeBytes
import NATSCore
import NATSWire
import TestKit
import Testing

/// The client through a WebSocket server that was written in Python for this test, and does all
/// that a server may do: frames cut anywhere, of one message or of several fragments, pings between
/// them, of every size.
@Suite(.needsNATSServer, .needsPythonPeer) struct WebSocketPeerTests {
    /// Passes bytes between one WebSocket and a NATS server, and says what it has seen at its end.
    private static let program = """
        import base64, hashlib, os, random, socket, struct, sys, threading
        random.seed(int(sys.argv[3]))
        listener = socket.create_server(("127.0.0.1", 0))
        print("port", listener.getsockname()[1], flush=True)
        def serve(ws):
            stream = ws.makefile("rb")
            head = b""
            while not head.endswith(b"\\r\\n\\r\\n"):
                byte = stream.read(1)
                if not byte: return
                head += byte
            fields = dict(line.split(b": ", 1) for line in head.split(b"\\r\\n")[1:-2])
            fields = {name.lower(): value for name, value in fields.items()}
            magic = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accept = base64.b64encode(
                hashlib.sha1(fields[b"sec-websocket-key"] + magic).digest())
            ws.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: WebSocket\\r\\n"
                       b"Connection: keep-alive, Upgrade\\r\\nSec-WebSocket-Accept: " + accept
                       + b"\\r\\n\\r\\n")
            nats = socket.create_connection((sys.argv[1], int(sys.argv[2])))
            lock, pings, pongs, masks = threading.Lock(), [], [], set()
            def frame(opcode, body, last=True):
                size = len(body)
                first = bytes([opcode | (0x80 if last else 0)])
                if size < 126: first += bytes([size])
                elif size < 65536: first += bytes([126]) + struct.pack(">H", size)
                else: first += bytes([127]) + struct.pack(">Q", size)
                with lock: ws.sendall(first + body)
            def down():
                while True:
                    data = nats.recv(random.choice([1, 7, 4096, 200000]))
                    if not data: break
                    cuts = sorted(random.randrange(len(data) + 1) for _ in range(3))
                    parts = [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)])]
                    for index, part in enumerate(parts):
                        frame(2 if index == 0 else 0, part, index == len(parts) - 1)
                        if random.random() < 0.3:
                            pings.append(os.urandom(random.randrange(126)))
                            frame(9, pings[-1])
            threading.Thread(target=down, daemon=True).start()
            end = "cut"
            while True:
                start = stream.read(2)
                if len(start) < 2: break
                opcode, size = start[0] & 15, start[1] & 127
                if start[0] & 0x70 or not start[1] & 128: end = "bad"; break
                if size == 126: size = struct.unpack(">H", stream.read(2))[0]
                elif size == 127: size = struct.unpack(">Q", stream.read(8))[0]
                mask = stream.read(4)
                masks.add(mask)
                body = stream.read(size)
                long = mask * (size // 4 + 1)
                body = (int.from_bytes(body, "big") ^ int.from_bytes(long[:size], "big")
                        ).to_bytes(size, "big")
                if opcode == 10: pongs.append(body)
                elif opcode == 8:
                    end = "closed %d" % struct.unpack(">H", body[:2]) if body else "closed"
                    break
                else: nats.sendall(body)
            nats.close()
            # A client that has said that it goes answers no more.
            honest = pongs == pings[:len(pongs)] and len(pongs) > 0
            print("end", end, "pongs", honest, "masks", len(masks) > 1, flush=True)
        while True:
            ws, _ = listener.accept()
            threading.Thread(target=serve, args=(ws,), daemon=True).start()
        """

    @Test func `a server that does all that it may is understood, and understands`() async throws {
        let python = try #require(PythonPeer.interpreter)
        try await NATSServerFixture.run(jetStream: false) { server in
            let peer = try await ChildProcess(
                python,
                [
                    "-c", Self.program, server.host, String(server.port),
                    String(SeededGenerator.runSeed & 0xFFFF_FFFF),
                ])
            let line = try await peer.log.first { $0.hasPrefix("port ") }
            let port = try #require(line.flatMap { Int($0.text.dropFirst(5)) })
            let client = try await NATSClient.connect(
                NATSClientOptions(servers: ["ws://127.0.0.1:\(port)/nats?x=1"]))
            for count in [0, 1, 125, 126, 4096, 65_536, 900_000] {
                #expect(try await client.isEchoed(count), "\(count) bytes")
            }
            await client.close()
            let end = try await peer.log.first { $0.hasPrefix("end ") }
            #expect(end?.text == "end closed 1000 pongs True masks True")
            try await peer.stop()
        }
    }
}
