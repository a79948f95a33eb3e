"""The soak's independent witness: control subscribers, the stream, and the links.

It is connected to each node of the cluster directly, without a proxy, reads the envelopes itself,
and fetches the links itself from the store. It shares no code with the bridge. One JSON request a
line comes on standard input, one JSON answer a line goes to standard output.
"""

import asyncio
import base64
import hashlib
import json
import os
import re
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import nats
import xxhash

SUBJECTS = ["soak.>", "ask.>"]
PATIENCE = 60
MASK = (1 << 64) - 1


def filler(seed, tag, count):
    """The bytes behind a message's tag: SplitMix64 from the run's seed and the tag (FNV-1a)."""
    state = 0xCBF29CE484222325
    for byte in tag.encode():
        state = (state ^ byte) * 0x100000001B3 & MASK
    state ^= seed
    words = []
    for _ in range((count + 7) // 8):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        mixed = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & MASK
        words.append((mixed ^ mixed >> 31).to_bytes(8, "little"))
    return b"".join(words)[:count]


class Sighting:
    """What is known of one message."""

    def __init__(self):
        self.nodes = set()
        self.stored = 0
        self.bodies = set()
        self.problem = None
        self.url = None
        self.payload = None
        self.link_problem = None


class Witness:
    """The control subscribers and what they have seen."""

    def __init__(self, seed):
        self.seed = seed
        self.controls = {}
        self.sightings = {}
        self.strangers = []
        self.probes = set()

    async def connect(self, request):
        """Connects the control subscriber of {node} at {url}, in place of an earlier one."""
        node = request["node"]
        old = self.controls.pop(node, None)
        if old is not None and not old.is_closed:
            await old.close()

        async def quiet(error):
            pass

        end = time.monotonic() + PATIENCE
        while True:
            try:
                control = await nats.connect(
                    request["url"], allow_reconnect=False, error_cb=quiet, connect_timeout=5)
                break
            except Exception:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.05)

        async def seen(message):
            self.see(message.data, node)

        async def probed(message):
            self.probes.add((message.data.decode(), node))

        for subject in SUBJECTS:
            await control.subscribe(subject, cb=seen)
        await control.subscribe("probe", cb=probed)
        await control.flush()
        self.controls[node] = control
        return {}

    async def probe(self, request):
        """Waits until every control subscriber hears every other one: so far has the interest
        of each node come that what is published anywhere arrives everywhere."""
        end = time.monotonic() + PATIENCE
        number = 0
        while True:
            number += 1
            open_ones = {n: c for n, c in self.controls.items() if not c.is_closed}
            for node, control in open_ones.items():
                await control.publish("probe", f"{number}.{node}".encode())
            wanted = {(f"{number}.{a}", b) for a in open_ones for b in open_ones}
            for _ in range(20):
                if wanted <= self.probes:
                    self.probes.clear()
                    return {}
                await asyncio.sleep(0.01)
            if time.monotonic() > end:
                raise TimeoutError(f"missing {sorted(wanted - self.probes)}")

    def see(self, body, node=None):
        """Notes a message that a control subscriber got, or (no node) that the stream holds."""
        try:
            envelope = json.loads(body)
            tag = envelope["correlation_id"]
        except Exception as error:
            self.strangers.append(f"{type(error).__name__}: {error}"[:200])
            return
        sighting = self.sightings.setdefault(tag, Sighting())
        if node is None:
            sighting.stored += 1
        else:
            sighting.nodes.add(node)
        digest = hashlib.sha256(body).digest()
        if digest in sighting.bodies:
            return
        sighting.bodies.add(digest)
        if len(sighting.bodies) > 1:
            sighting.problem = "one message with two bodies"
            return
        try:
            self.read(tag, envelope, sighting)
        except Exception as error:
            sighting.problem = f"{type(error).__name__}: {error}"[:200]

    def read(self, tag, envelope, sighting):
        """Reads a message's one payload, or where it lies."""
        [payload] = envelope["payloads"]
        if payload["dataname"] != tag:
            raise ValueError(f"the payload is named {payload['dataname']}")
        if payload["transport"] == "link":
            sighting.url = payload["data"]
            sighting.payload = payload
        else:
            self.check(tag, payload, base64.b64decode(payload["data"], validate=True))

    def check(self, tag, payload, content):
        """Raises what is wrong with the serialized bytes of a payload."""
        start = f"{tag}:".encode()
        if not content.startswith(start):
            raise ValueError(f"the content begins with {content[:20]!r}")
        if content[len(start):] != filler(self.seed, tag, len(content) - len(start)):
            raise ValueError("the filler differs")
        if payload["size"] != len(content):
            raise ValueError(f"size {payload['size']} of {len(content)} bytes")
        name, _, value = payload["metadata"].get("checksum", "").partition(":")
        found = {"sha256": lambda: hashlib.sha256(content).hexdigest(),
                 "xxh64": lambda: xxhash.xxh64(content).hexdigest()}.get(name)
        if payload["transport"] == "link" and not name:
            raise ValueError("a link without a checksum")
        if found is not None and found() != value:
            raise ValueError(f"checksum {name} differs")

    async def stream(self, request):
        """Makes the stream {name} of {replicas} copies; waits for the cluster's leader."""
        config = {
            "name": request["name"], "subjects": ["soak.>"], "num_replicas": request["replicas"],
            "storage": "file", "retention": "limits", "discard": "old",
        }
        body = json.dumps(config).encode()
        await self.ask(f"$JS.API.STREAM.CREATE.{request['name']}", body)
        return {}

    async def ask(self, subject, body=b""):
        """One answer of the JetStream API without an error, from any node."""
        end = time.monotonic() + PATIENCE
        while True:
            problem = "no connection"
            for control in [c for c in self.controls.values() if not c.is_closed]:
                try:
                    answer = json.loads((await control.request(subject, body, timeout=3)).data)
                    if "error" not in answer:
                        return answer
                    problem = answer["error"]
                except Exception as error:
                    problem = f"{type(error).__name__}: {error}"
            if time.monotonic() > end:
                raise TimeoutError(f"{subject}: {problem}")
            await asyncio.sleep(0.1)

    async def collect(self, request):
        """Reads the stream {name}, fetches the links, and tells all that was seen."""
        for control in self.controls.values():
            if not control.is_closed:
                await control.flush()
        await self.read_stream(request["name"])
        gate = asyncio.Semaphore(4)
        self.tls = ssl.create_default_context(cafile=request["ca"]) if request["ca"] else None

        async def fetch(tag, sighting):
            async with gate:
                sighting.link_problem = await asyncio.to_thread(
                    self.fetch, tag, sighting, request["public"], request["store"])

        links = [(t, s) for t, s in self.sightings.items() if s.url]
        await asyncio.gather(*(fetch(t, s) for t, s in links))
        objects = {}
        folder = os.path.join(request["directory"], "objects")
        for name in sorted(os.listdir(folder)):
            if re.fullmatch("[0-9a-f]{32}", name):
                objects[name] = await asyncio.to_thread(self.name, request["store"], name)
        return {"sightings": [self.row(t, s) for t, s in sorted(self.sightings.items())],
                "objects": objects, "strangers": self.strangers}

    async def limit(self, request):
        """Lets the stream {name} hold no more than it does now, or (not {full}) anything."""
        info = await self.ask(f"$JS.API.STREAM.INFO.{request['name']}")
        config = info["config"]
        config["max_bytes"] = max(1, info["state"]["bytes"]) if request["full"] else -1
        await self.ask(f"$JS.API.STREAM.UPDATE.{request['name']}", json.dumps(config).encode())
        return {}

    async def collect_stores(self, request):
        """Reads the stream {name}, fetches each link from where it leads, and lists what lies in
        the buckets of {filer}, the folder {dav} and the object store {bucket}."""
        for control in self.controls.values():
            await control.flush()
        await self.read_stream(request["name"])
        jetstream = next(iter(self.controls.values())).jetstream()
        objects = await jetstream.object_store(request["bucket"])
        gate = asyncio.Semaphore(4)

        async def fetch(tag, sighting):
            async with gate:
                try:
                    if sighting.url.startswith("nats-object://"):
                        name = sighting.url.split("/", 3)[3]
                        content = (await objects.get(urllib.parse.unquote(name))).data
                    else:
                        content = await asyncio.to_thread(self.read_link, sighting.url)
                    self.check(tag, sighting.payload, content)
                except Exception as error:
                    sighting.link_problem = f"{type(error).__name__}: {error}"[:200]

        links = [(t, s) for t, s in self.sightings.items() if s.url]
        await asyncio.gather(*(fetch(t, s) for t, s in links))
        found = {}
        for folder in request["folders"]:
            for key in await asyncio.to_thread(self.listing, request["filer"] + folder):
                for name in await asyncio.to_thread(
                        self.listing, f"{request['filer']}{folder}/{key}"):
                    found[key] = name
        for name in os.listdir(request["dav"]):
            if re.match("[0-9a-f]{32}-", name):
                found[name[:32]] = name[33:]
        for entry in await objects.list():
            found[entry.name[:32]] = entry.name[33:]
        rows = []
        for tag, sighting in sorted(self.sightings.items()):
            row = self.row(tag, sighting)
            key = re.search("[0-9a-f]{32}", sighting.url or "")
            row[4] = key.group(0) if key else None
            rows.append(row)
        return {"sightings": rows, "objects": found, "strangers": self.strangers,
                "urls": {t: s.url for t, s in links}}

    def read_link(self, url):
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.read()

    def listing(self, url):
        """The names of objects, or of their folders, in a folder of the S3 engine's filer."""
        names = []
        while True:
            last = urllib.parse.quote(names[-1]) if names else ""
            with urllib.request.urlopen(urllib.request.Request(
                    f"{url}/?limit=1000&lastFileName={last}",
                    headers={"Accept": "application/json"}), timeout=20) as answer:
                entries = json.load(answer)["Entries"] or []
            names += [entry["FullPath"].rsplit("/", 1)[1] for entry in entries]
            if len(entries) < 1000:
                return [name for name in names if not name.startswith(".")]

    async def read_stream(self, name):
        state = (await self.ask(f"$JS.API.STREAM.INFO.{name}"))["state"]
        numbers = range(state["first_seq"], state["last_seq"] + 1)
        for start in range(0, len(numbers), 32):
            answers = await asyncio.gather(*(
                self.ask(f"$JS.API.STREAM.MSG.GET.{name}", json.dumps({"seq": n}).encode())
                for n in numbers[start:start + 32]))
            for answer in answers:
                self.see(base64.b64decode(answer["message"]["data"]))

    def fetch(self, tag, sighting, public, store):
        """What is wrong with a link; None for nothing."""
        if not sighting.url.startswith(public + "/"):
            return f"a link to {sighting.url}"
        try:
            with urllib.request.urlopen(
                    store + sighting.url[len(public):], timeout=20,
                    context=self.tls) as answer:
                content = answer.read()
            self.check(tag, sighting.payload, content)
            return None
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:200]

    def name(self, store, key):
        """The payload's name that an object was stored under."""
        try:
            with urllib.request.urlopen(
                    urllib.request.Request(f"{store}/f/{key}", method="HEAD"),
                    timeout=20, context=self.tls) as answer:
                field = answer.headers.get("Content-Disposition", "")
        except urllib.error.HTTPError as error:
            return f"status {error.code}"
        found = re.search('filename="([^"]*)"', field)
        return found.group(1) if found else field

    def row(self, tag, sighting):
        key = None
        if sighting.url:
            parts = urllib.parse.urlsplit(sighting.url).path.split("/")
            key = parts[2] if len(parts) > 2 else ""
        return [tag, sorted(sighting.nodes), sighting.stored, sighting.problem, key,
                sighting.link_problem]


async def main():
    witness = Witness(int(sys.argv[1]))
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            break
        try:
            request = json.loads(line)
            answer = {"ok": True, **(await getattr(witness, request["do"])(request))}
        except Exception as error:  # every failure is an answer: the test decides
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for control in witness.controls.values():
        if not control.is_closed:
            await control.close()


if __name__ == "__main__":
    asyncio.run(main())
