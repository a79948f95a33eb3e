"""An independent peer of the bridge, on nats-py and pyarrow.

It reads one JSON request a line on standard input and writes one JSON answer a line on standard
output: {"ok": true, ...} or {"ok": false, "error": "..."}. It shares no code with the bridge, so
that an agreement between the two says something about the wire contract.
"""

import asyncio
import base64
import json
import sys

import nats

import arrow_form
import arrow_same
import arrow_samples
import arrow_writers
import forms
import plik
import reading


class Peer:
    """The state between requests: a connection, a store and the subscriptions."""

    def __init__(self):
        self.connection = None
        self.store = None
        self.subscriptions = {}
        self.written = {}

    async def connect(self, request):
        """Connects to the server {nats}, if any, and remembers the file server {store}."""
        self.store = request.get("store")
        if "nats" not in request:
            return {}
        self.connection = await nats.connect(request["nats"], max_reconnect_attempts=2)
        return {"max_payload": self.connection.max_payload}

    async def forms(self, request):
        """The names of all forms that `send` knows."""
        return {"forms": sorted(forms.FORMS)}

    async def build(self, request):
        """The body of the named form as base64, and what a receiver must find in it."""
        context = forms.Context(request.get("subject", "a.subject"), self.store)
        message = await asyncio.to_thread(forms.FORMS[request["form"]], context)
        headers = list((message.headers or {}).items())
        return {
            "body": base64.b64encode(message.body).decode(), "headers": headers,
            "expected": message.expected,
        }

    async def describe(self, request):
        """What a peer sees in a message body that is handed over here, without a server."""
        body = base64.b64decode(request["body"], validate=True)
        message = reading.Received(body, dict(request.get("headers", [])))
        return {"message": await asyncio.to_thread(reading.describe, message)}

    async def send(self, request):
        """Publishes a message of the named form; answers with what a receiver must find."""
        build = forms.FORMS[request["form"]]
        context = forms.Context(request["subject"], self.store)
        message = await asyncio.to_thread(build, context)
        await self.connection.publish(
            request["subject"], message.body, reply=request.get("reply", ""),
            headers=message.headers)
        await self.connection.flush()
        return {"expected": message.expected, "size": len(message.body)}

    async def listen(self, request):
        """Subscribes to a subject; `take` then reads the messages."""
        subject = request["subject"]
        self.subscriptions[subject] = await self.connection.subscribe(subject)
        await self.connection.flush()
        return {}

    async def take(self, request):
        """Waits for the next message of a subject and tells all that a peer sees in it."""
        message = await self.subscriptions[request["subject"]].next_msg(timeout=20)
        return {"message": await self._describe(message)}

    async def _describe(self, message):
        return await asyncio.to_thread(
            reading.describe, message, self.connection.max_payload)

    async def answer(self, request):
        """Takes the next request of a subject and answers it with an envelope of its own."""
        message = await self.subscriptions[request["subject"]].next_msg(timeout=20)
        seen = await self._describe(message)
        context = forms.Context(message.reply or request["subject"], self.store)
        reply = forms.answer(context, seen)
        subject = message.reply or seen["envelope"]["reply_to"]
        await self.connection.publish(subject, reply.body)
        await self.connection.flush()
        return {"message": seen, "expected": reply.expected}

    async def request(self, request):
        """Sends a form as a request and tells what the answer holds."""
        context = forms.Context(request["subject"], self.store)
        message = forms.FORMS[request["form"]](context)
        answer = await self.connection.request(request["subject"], message.body, timeout=20)
        return {
            "message": await self._describe(answer),
            "expected": message.expected,
        }

    async def arrow_names(self, request):
        """The names of all sample tables."""
        return {"names": sorted(arrow_samples.SAMPLES)}

    async def arrow_write(self, request):
        """A sample table as an IPC stream, and the values in it."""
        stream = arrow_samples.stream(request["name"])
        return {
            "stream": base64.b64encode(stream).decode(),
            "form": arrow_form.of_stream(stream),
        }

    async def arrow_read(self, request):
        """The values that pyarrow finds in a stream, after its full validation."""
        return {"form": arrow_form.of_stream(base64.b64decode(request["stream"], validate=True))}

    async def arrow_same(self, request):
        """Where pyarrow finds that a stream differs from the one in the file {original}."""
        with open(request["original"], "rb") as file:
            original = file.read()
        written = base64.b64decode(request["written"], validate=True)
        return {"differences": arrow_same.differences(original, written)}

    async def arrow_writers(self, request):
        """The names of all that write files and streams here."""
        return {"names": list(arrow_writers.WRITERS)}

    async def arrow_readers(self, request):
        """The names of all that read what we write."""
        return {"names": list(arrow_writers.READERS)}

    async def arrow_write_by(self, request):
        """What a writer writes."""
        content = await asyncio.to_thread(arrow_writers.WRITERS[request["name"]])
        self.written[request["name"]] = content
        return {"content": base64.b64encode(content).decode()}

    async def arrow_same_as_written(self, request):
        """Where pyarrow finds that what we wrote differs from what the writer wrote last."""
        written = base64.b64decode(request["written"], validate=True)
        return {"differences": arrow_same.differences(self.written[request["name"]], written)}

    async def arrow_read_by(self, request):
        """Where a reader finds other values in what we wrote than pyarrow does."""
        written = base64.b64decode(request["written"], validate=True)
        is_file = written[:6] == b"ARROW1"
        return {"differences": await asyncio.to_thread(
            arrow_writers.differences, request["name"], written, is_file)}

    async def fetch(self, request):
        """Fetches a URL; answers with status, headers and body."""
        return await asyncio.to_thread(plik.fetch, request["url"])

    async def upload(self, request):
        """Uploads bytes by the Plik calls; answers with the link."""
        content = base64.b64decode(request["content"])
        url = await asyncio.to_thread(plik.upload, self.store, request["name"], content)
        return {"url": url}


async def main():
    peer = Peer()
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            break
        try:
            request = json.loads(line)
            method = getattr(peer, request["do"])
            answer = {"ok": True, **(await method(request))}
        except Exception as error:  # every failure is an answer: the test decides
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    if peer.connection is not None:
        await peer.connection.close()


if __name__ == "__main__":
    asyncio.run(main())
