"""A peer of services, on nats-py's nats.micro: one JSON request a line, one JSON answer a line."""

import asyncio
import json
import sys

import nats
import nats.micro
from nats.micro.request import ServiceError
from nats.micro.service import ServiceInfo, ServicePing, ServiceStats

KINDS = {"PING": ServicePing, "INFO": ServiceInfo, "STATS": ServiceStats}


async def upper(request):
    await request.respond(request.data.upper(), headers={"X-A": "1"})


async def refuse(request):
    await request.respond_error("400", "no digits", data=b'{"e":1}')


async def fail(request):
    raise RuntimeError("kaput")


class Peer:
    """The state between requests: a connection and a service."""

    async def connect(self, request):
        """Connects to {nats}."""
        self.connection = await nats.connect(request["nats"], max_reconnect_attempts=2)
        return {}

    async def serve(self, request):
        """Begins a service with endpoints of three kinds."""
        self.service = await nats.micro.add_service(
            self.connection, name="calc", version="1.2.3", description="adds",
            metadata={"env": "test"})
        await self.service.add_endpoint(name="upper", handler=upper, metadata={"k": "v"})
        await self.service.add_endpoint(
            name="bad", subject="calc.bad", queue_group="mine", handler=refuse)
        await self.service.add_group(name="v1").add_endpoint(name="boom", handler=fail)
        await self.connection.flush()
        return {"id": self.service.id}

    async def ask(self, request):
        """Asks {subject} with {text}."""
        answer = await self.connection.request(
            request["subject"], request["text"].encode(), timeout=60)
        return {"text": answer.data.decode(), "headers": dict(answer.headers or {})}

    async def find(self, request):
        """Asks {subject} who is there, and reads the answer as nats.micro does."""
        answer = await self.connection.request(request["subject"], timeout=60)
        kind = KINDS[request["subject"].split(".")[1]]
        return {"answer": kind.from_dict(json.loads(answer.data)).to_dict()}


async def main():
    peer = Peer()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        try:
            answer = {"ok": True, **await getattr(peer, request["op"])(request)}
        except Exception as error:
            answer = {"ok": False, "error": repr(error)}
        print(json.dumps(answer), flush=True)
    await peer.connection.close()


asyncio.run(main())
