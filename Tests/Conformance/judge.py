"""Judges an implementation of the wire contract: envelopes and the claim check.

usage: judge.py --target COMMAND [--natsbridge PROGRAM] [--json]

COMMAND is run by a shell and answers each line of JSON with one. `read` and `write` are asked for;
what it does not offer is counted apart. PROGRAM is a built natsbridge, whose `serve` is the store
of what is written; without it those vectors are left out. docs/validation.md has the protocol.

Exit code 0: nothing failed.
"""

import argparse
import base64
import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request
import uuid

from jsonschema import Draft202012Validator
import xxhash

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Fixtures" / "envelope"
SCHEMA = json.loads((ROOT / "docs/schema/envelope-v1.json").read_text())
PATIENCE = 120


class Unsupported(Exception):
    pass


class Target:
    """The implementation under judgement."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, shell=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            raise SystemExit("the target has ended, or did not answer in time")
        answer = json.loads(line)
        if answer.get("unsupported"):
            raise Unsupported
        return answer

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)


class Store(http.server.ThreadingHTTPServer):
    """A store that answers each path as a list of steps says; the last one is repeated."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.plans, self.asked = {}, {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, address):
        """A target that closes early is no fault of the store's."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def plan(self, *steps):
        path = f"/f/{uuid.uuid4().hex}/data.bin"
        self.plans[path] = steps
        self.asked[path] = 0
        return self.url + path

    def count(self, url):
        return self.asked[url.removeprefix(self.url)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        steps = self.server.plans.get(self.path)
        if steps is None:
            return self.send(404, b"nothing")
        index = self.server.asked[self.path]
        self.server.asked[self.path] += 1
        status, content, extra = steps[min(index, len(steps) - 1)]
        self.send(status, content, **extra)

    def send(self, status, content, cut=None, location=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content if cut is None else content[:cut])
        if cut is not None:
            self.close_connection = True

    def log_message(self, *args):
        pass


class Judge:
    def __init__(self, target):
        self.target = target
        self.rows = {}
        self.faults = []

    def vector(self, feature, name, body):
        """Runs one vector: a function that returns what is wrong, or nothing."""
        row = self.rows.setdefault(feature, {"passed": 0, "failed": 0, "not offered": 0})
        try:
            fault = body()
        except Unsupported:
            row["not offered"] += 1
            return
        except (KeyError, TypeError, ValueError, IndexError) as error:
            fault = f"an answer that cannot be read: {error!r}"
        row["failed" if fault else "passed"] += 1
        if fault:
            self.faults.append(f"{feature}: {name}: {fault}")

    # Reading

    def read(self, body, **more):
        return self.target.ask(op="read", body=base64.b64encode(body).decode(), **more)

    def reading(self):
        expected = json.loads((FIXTURES / "expected.json").read_text())
        for name, want in expected.items():
            body = (FIXTURES / name).read_bytes()[:-1]
            self.vector("envelope, read", name, lambda: self.compare(self.read(body), want))
            self.vector(
                "envelope, strict", name,
                lambda: accepted(self.read(body, strict=True), want["strict"]))

    @staticmethod
    def compare(answer, want):
        if not answer["ok"]:
            return f"refused: {answer.get('error')}"
        for key, value in want.get("fields", {}).items():
            if answer["fields"].get(key) != value:
                return f"{key} is {answer['fields'].get(key)!r}, not {value!r}"
        if len(answer["payloads"]) != len(want["payloads"]):
            return f"{len(answer['payloads'])} payloads, not {len(want['payloads'])}"
        for found, payload in zip(answer["payloads"], want["payloads"]):
            if found["dataname"] != payload["dataname"]:
                return f"a payload is called {found['dataname']!r}, not {payload['dataname']!r}"
            if "content" in payload and found.get("content") != payload["content"]:
                return f"{payload['dataname']} has other bytes"
            if "url" in payload and found.get("url") != payload["url"]:
                return f"{payload['dataname']} is at {found.get('url')!r}"
            if "url" not in payload and found.get("type") != payload["type"]:
                return f"{payload['dataname']} is {found.get('type')!r}, not {payload['type']!r}"
        return None

    def spoiling(self):
        """Each key of the strict form, spoiled in four ways."""
        strict = json.loads((FIXTURES / "strict.json").read_bytes())
        for place in ["envelope", "payload"]:
            keys = strict if place == "envelope" else strict["payloads"][0]
            for key in keys:
                for way in ["missing", "null", "camelCase", "true"]:
                    body = spoiled(strict, place, key, way)
                    if body is None:
                        continue
                    self.vector(
                        "envelope, strict", f"{place} {key} {way}",
                        lambda: accepted(self.read(body, strict=True), False))

    # Writing

    def writing(self, store):
        samples = [
            ("words", "text", "Grüße, 你好 👋".encode()),
            ("config", "dictionary", b'{"step_size":0.1,"path":"a/b"}'),
            ("rows", "jsontable", b'[{"a":1},{"a":2}]'),
            ("points", "arrowtable", (ROOT / "Fixtures/arrow/integers.arrows").read_bytes()),
            ("pixels", "image", bytes(range(256))), ("sound", "audio", b"RIFF"),
            ("film", "video", b"\0\0\0\x18ftyp"), ("blob", "binary", b""),
            ("a name/with \"signs\" ä", "binary", b"\xff" * 999),
        ]
        for sample in samples:
            self.vector("envelope, write", sample[1], lambda: self.write(store, [sample]))
        self.vector("envelope, write", "all", lambda: self.write(store, samples))
        self.vector("envelope, write", "none", lambda: self.write(store, []))
        big = os.urandom(1_200_000)
        for size, way in [(999, "direct"), (1000, "link"), (1001, "link")]:
            self.vector(
                "claim check, choice", f"{size} bytes at a threshold of 1000",
                lambda: self.write(store, [("x", "binary", big[:size])], [way], threshold=1000))
        for size in [600_000, 785_000, 800_000, 1_200_000]:
            self.vector(
                "claim check, choice", f"{size} bytes, whatever fits",
                lambda: self.write(store, [("x", "binary", big[:size])]))
        for sizes in [(600_000, 500_000), (300_000,) * 4, (10, 700_000, 699_999)]:
            parts = [(f"p{i}", "binary", big[:size]) for i, size in enumerate(sizes)]
            self.vector(
                "claim check, choice", f"{sizes} together", lambda: self.write(store, parts))

    def write(self, store, samples, ways=None, **more):
        payloads = [
            {"dataname": name, "type": kind, "content": base64.b64encode(content).decode()}
            for name, kind, content in samples
        ]
        answer = self.target.ask(
            op="write", payloads=payloads, store=store, max_payload=1 << 20, **more)
        if not answer["ok"]:
            return f"not written: {answer.get('error')}"
        body = base64.b64decode(answer["body"])
        if len(body) > 1 << 20:
            return f"{len(body)} bytes are more than a server takes"
        envelope = json.loads(body)
        for error in Draft202012Validator(SCHEMA).iter_errors(envelope):
            return f"against the schema: {error.message[:200]}"
        if list(envelope) != list(SCHEMA["properties"]):
            return "the keys stand in another order"
        if len(envelope["payloads"]) != len(samples):
            return "another number of payloads"
        for index, (payload, sample) in enumerate(zip(envelope["payloads"], samples)):
            fault = written(payload, *sample, ways[index] if ways else None)
            if fault:
                return f"{sample[0]}: {fault}"
        return None

    # Links

    def fetching(self):
        store, other = Store(), Store()
        content = os.urandom(50_000)
        whole = (200, content, {})
        away = other.plan((200, content, {}))
        cases = [
            ("there", store.plan(whole), content, 1),
            ("a message that overtook its upload", store.plan((404, b"", {}), whole), content, 2),
            ("a store that is busy", store.plan((503, b"", {}), whole), content, 2),
            ("a bad gateway", store.plan((502, b"", {}), whole), content, 2),
            ("cut in the middle", store.plan((200, content, {"cut": 20_000}), whole), content, 2),
            ("damaged", store.plan((200, content[:-1] + b"x", {})), None, None),
            ("shorter", store.plan((200, content[:-1], {})), None, None),
            ("a web page", store.plan((200, b"<!doctype html><p>log in", {})), None, None),
            ("gone", store.plan((410, b"", {})), None, 1),
            ("forbidden", store.plan((403, b"", {})), None, 1),
            ("redirected", store.plan((302, b"", {"location": away})), None, 1),
            ("of another server", away, None, 0),
            ("of a file", "file:///etc/passwd", None, None),
            ("with a user name", store.url.replace("//", "//a:b@") + "/f/1/x", None, None),
        ]
        for name, url, want, asked in cases:
            self.vector(
                "claim check, fetch", name,
                lambda: self.fetch(store, url, content, want, asked if url != away else None))
        self.vector(
            "claim check, fetch", "no other server was asked",
            lambda: f"{other.count(away)} requests" if other.count(away) else None)

    def fetch(self, store, url, content, want, asked):
        answer = self.read(linking(url, content), store=store.url)
        found = answer["payloads"][0].get("content") if answer["ok"] else None
        if want is None and found is not None:
            return "bytes were handed out"
        if want is not None and found != base64.b64encode(want).decode():
            return f"not had: {answer.get('error') or answer['payloads'][0].get('error')}"
        if asked is not None and url.startswith(store.url) and store.count(url) != asked:
            return f"asked {store.count(url)} times, not {asked}"
        return None


def accepted(answer, want):
    if answer["ok"] == want:
        return None
    return "accepted" if answer["ok"] else f"refused: {answer.get('error')}"


def spoiled(strict, place, key, way):
    """The strict envelope with one key spoiled; None where that changes nothing."""
    copy = json.loads(json.dumps(strict))
    part = copy if place == "envelope" else copy["payloads"][0]
    pairs = list(part.items())
    index = [name for name, _ in pairs].index(key)
    camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), key)
    if way == "camelCase" and camel == key:
        return None
    if way == "missing":
        del pairs[index]
    else:
        value = {"null": None, "true": True}.get(way, pairs[index][1])
        pairs[index] = (camel if way == "camelCase" else key, value)
    part.clear()
    part.update(pairs)
    return json.dumps(copy, ensure_ascii=False).encode()


def written(payload, name, kind, content, way):
    """What is wrong with a payload that was written."""
    if (payload["dataname"], payload["payload_type"]) != (name, kind):
        return f"{payload['dataname']!r} of type {payload['payload_type']}"
    if way and payload["transport"] != way:
        return f"{payload['transport']}, not {way}"
    if payload["transport"] == "link":
        with urllib.request.urlopen(payload["data"], timeout=60) as answer:
            found = answer.read()
    else:
        found = base64.b64decode(payload["data"], validate=True)
    if len(found) != payload["size"]:
        return f"its size is told as {payload['size']}, not {len(found)}"
    # Tables and JSON may be written in other bytes that mean the same.
    if kind in ("dictionary", "jsontable"):
        return None if json.loads(found) == json.loads(content) else "another value"
    return None if kind == "arrowtable" or found == content else "other bytes"


def linking(url, content):
    """A strict envelope with one payload at a link."""
    text = {key: "" for key in SCHEMA["properties"]}
    ids = {key: str(uuid.uuid4()) for key in ("correlation_id", "msg_id", "sender_id")}
    payload = {
        "id": str(uuid.uuid4()), "dataname": "data", "payload_type": "binary",
        "transport": "link", "encoding": "none", "size": len(content), "data": url,
        "metadata": {"checksum": "xxh64:" + xxhash.xxh64(content).hexdigest()},
    }
    envelope = text | ids | {
        "timestamp": "2026-03-13T07:02:50.443Z", "send_to": "conformance.read",
        "msg_purpose": "chat", "metadata": {}, "payloads": [payload],
    }
    return json.dumps(envelope).encode()


def served(program, folder):
    """A running `natsbridge serve`, and its URL."""
    process = subprocess.Popen(
        [program, "serve", "--port", "0", "--directory", folder], stdout=subprocess.PIPE,
        text=True)
    return process, process.stdout.readline().strip()


def main():
    parser = argparse.ArgumentParser(description="Judges an implementation.")
    parser.add_argument("--target", required=True)
    parser.add_argument("--natsbridge")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    target = Target(arguments.target)
    judge = Judge(target)
    judge.reading()
    judge.spoiling()
    judge.fetching()
    if arguments.natsbridge:
        with tempfile.TemporaryDirectory() as folder:
            process, url = served(arguments.natsbridge, folder + "/files")
            judge.writing(url)
            process.terminate()
            process.wait(PATIENCE)
    target.stop()
    if arguments.json:
        print(json.dumps({"features": judge.rows, "faults": judge.faults}))
    else:
        print(f"{'feature':24}{'passed':>8}{'failed':>8}{'not offered':>13}")
        for feature, row in judge.rows.items():
            print(f"{feature:24}{row['passed']:8}{row['failed']:8}{row['not offered']:13}")
        for fault in judge.faults:
            print("  " + fault)
    return 1 if judge.faults else 0


sys.exit(main())
