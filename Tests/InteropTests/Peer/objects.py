"""A peer of object stores, on nats-py: one JSON request a line, one JSON answer a line."""

import asyncio
import base64
import json
import sys

import nats
import nats.js.api


def shown(info):
    """What the peer sees of an object."""
    return {
        "name": info.name, "size": info.size, "chunks": info.chunks, "digest": info.digest,
        "deleted": bool(info.deleted), "description": info.description,
        "headers": info.headers,
    }


class Peer:
    """The state between requests: a connection and the store."""

    async def connect(self, request):
        """Connects to {nats}."""
        self.connection = await nats.connect(request["nats"], max_reconnect_attempts=2)
        self.js = self.connection.jetstream()
        return {}

    async def make(self, request):
        """Makes the store {bucket} and works on it from here on."""
        self.store = await self.js.create_object_store(request["bucket"])
        return {}

    async def bind(self, request):
        """Works on {bucket} from here on."""
        self.store = await self.js.object_store(request["bucket"])
        return {}

    async def put(self, request):
        meta = nats.js.api.ObjectMeta(
            name=request["name"], description=request.get("description"),
            headers=request.get("headers"))
        data = base64.b64decode(request["data"]) * request.get("times", 1)
        return {"info": shown(await self.store.put(request["name"], data, meta=meta))}

    async def get(self, request):
        result = await self.store.get(request["name"])
        return {
            "data": base64.b64encode(result.data or b"").decode(), "info": shown(result.info),
        }

    async def list(self, request):
        return {"objects": [shown(info) for info in await self.store.list(ignore_deletes=True)]}

    async def delete(self, request):
        await self.store.delete(request["name"])
        return {}


async def main():
    peer = Peer()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        try:
            answer = {"ok": True} | await getattr(peer, request["op"])(request)
        except Exception as error:
            answer = {"ok": False, "error": repr(error)}
        print(json.dumps(answer), flush=True)
    await peer.connection.close()


asyncio.run(main())
