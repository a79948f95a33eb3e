"""A peer of key-value buckets, on nats-py: one JSON request a line, one JSON answer a line."""

import asyncio
import base64
import json
import sys

import nats
import nats.js.api
import nats.js.errors


def shown(entry):
    """What the peer sees of an entry."""
    return {
        "key": entry.key, "value": base64.b64encode(entry.value or b"").decode(),
        "revision": entry.revision, "operation": entry.operation,
    }


async def read(once):
    """What a reading came to, repeated while it is nothing: nats-py takes what has been sent to it
    and not yet read for the end of all there is."""
    for _ in range(100):
        try:
            if found := await once():
                return found
        except nats.js.errors.NoKeysError:
            pass
    return []


class Peer:
    """The state between requests: a connection and the bucket."""

    async def connect(self, request):
        """Connects to {nats}."""
        self.connection = await nats.connect(request["nats"], max_reconnect_attempts=2)
        self.js = self.connection.jetstream()
        return {}

    async def make(self, request):
        """Makes the bucket {bucket} and works on it from here on."""
        self.kv = await self.js.create_key_value(
            config=nats.js.api.KeyValueConfig(
                bucket=request["bucket"], history=request["history"], direct=request["direct"]))
        return {}

    async def bind(self, request):
        """Works on {bucket} from here on."""
        self.kv = await self.js.key_value(request["bucket"])
        status = await self.kv.status()
        return {"history": status.history, "values": status.values}

    async def put(self, request):
        value = base64.b64decode(request["value"])
        return {"revision": await self.kv.put(request["key"], value)}

    async def update(self, request):
        value = base64.b64decode(request["value"])
        return {"revision": await self.kv.update(request["key"], value, last=request["last"])}

    async def create(self, request):
        value = base64.b64decode(request["value"])
        return {"revision": await self.kv.create(request["key"], value)}

    async def get(self, request):
        try:
            return {"entry": shown(await self.kv.get(request["key"]))}
        except nats.js.errors.KeyNotFoundError:
            return {"entry": None}

    async def delete(self, request):
        await self.kv.delete(request["key"])
        return {}

    async def purge(self, request):
        await self.kv.purge(request["key"])
        return {}

    async def keys(self, request):
        return {"keys": sorted(await read(self.kv.keys))}

    async def history(self, request):
        entries = await read(lambda: self.kv.history(request["key"]))
        return {"entries": [shown(entry) for entry in entries]}

    async def watch(self, request):
        """What a watcher of all keys sees up to the end of what is there."""
        return {"entries": await read(self.watched)}

    async def watched(self):
        watcher = await self.kv.watchall()
        entries = []
        async for entry in watcher:
            if entry is None:
                break
            entries.append(shown(entry))
        await watcher.stop()
        return entries


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
