"""What a peer sees in a message: decoded independently, and held against the wire contract."""

import base64
import hashlib
import json
import re

import xxhash

import arrow_form
import plik

ENVELOPE_KEYS = [
    "correlation_id", "msg_id", "timestamp", "send_to", "msg_purpose", "sender_name", "sender_id",
    "receiver_name", "receiver_id", "reply_to", "reply_to_msg_id", "broker_url", "metadata",
    "payloads",
]
PAYLOAD_KEYS = [
    "id", "dataname", "payload_type", "transport", "encoding", "size", "data", "metadata",
]
PAYLOAD_TYPES = {
    "text", "dictionary", "arrowtable", "jsontable", "image", "audio", "video", "binary",
}
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Received:
    """A message that did not come over NATS."""

    def __init__(self, data, headers=None):
        self.data = data
        self.headers = headers
        self.subject = self.reply = ""


def describe(message, max_payload=1 << 20):
    """The message as a JSON value; `problems` lists every breach of the strict form."""
    body = message.data
    seen = {
        "subject": message.subject,
        "reply": message.reply,
        "headers": [[name, value] for name, value in (message.headers or {}).items()],
        "size": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    headers = {name.lower(): text for name, text in seen["headers"]}
    if "natsbridge-version" in headers:
        return {**seen, **header_form(headers, body)}
    try:
        pairs = json.loads(body, object_pairs_hook=_Pairs)
    except ValueError:
        pairs = None
    if not isinstance(pairs, _Pairs):
        return {**seen, "body": base64.b64encode(body).decode()}
    envelope = _plain(pairs)
    problems = _envelope_problems(pairs, envelope)
    if len(body) > max_payload:
        problems.append("larger than max_payload")
    payloads = [_payload(p, problems) for p in dict(pairs).get("payloads", [])]
    envelope["payloads"] = payloads
    return {**seen, "envelope": envelope, "problems": problems}


class _Pairs(list):
    """A JSON object as its pairs in order, so that order and duplicates can be checked."""


def _plain(value):
    if isinstance(value, _Pairs):
        return {key: _plain(item) for key, item in value}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _envelope_problems(pairs, envelope):
    problems = []
    keys = [key for key, _ in pairs]
    if keys != ENVELOPE_KEYS:
        problems.append(f"envelope keys {keys}")
        return problems
    for key in ("correlation_id", "msg_id", "sender_id"):
        if not UUID4.fullmatch(envelope[key]):
            problems.append(f"{key} is {envelope[key]!r}")
    if not TIMESTAMP.fullmatch(envelope["timestamp"]):
        problems.append(f"timestamp is {envelope['timestamp']!r}")
    if not isinstance(envelope["metadata"], dict):
        problems.append("metadata is no object")
    strings = [key for key in ENVELOPE_KEYS if key not in ("metadata", "payloads")]
    problems += [f"{key} is no string" for key in strings if not isinstance(envelope[key], str)]
    if "@" in envelope["broker_url"]:
        problems.append("broker_url may hold credentials")
    return problems


def _payload(pairs, problems):
    keys = [key for key, _ in pairs]
    payload = _plain(pairs)
    if keys != PAYLOAD_KEYS:
        problems.append(f"payload keys {keys}")
        return payload
    if not UUID4.fullmatch(payload["id"]):
        problems.append(f"payload id {payload['id']!r}")
    if payload["payload_type"] not in PAYLOAD_TYPES:
        problems.append(f"payload_type {payload['payload_type']!r}")
    content = _content(payload, problems)
    if len(content) != payload["size"]:
        problems.append(f"size {payload['size']} but {len(content)} bytes")
    _verify(payload, content, problems)
    payload["value"] = value(payload["payload_type"], content)
    payload["sha256"] = hashlib.sha256(content).hexdigest()
    if payload["transport"] == "direct":
        del payload["data"]
    return payload


def _content(payload, problems):
    transport, encoding = payload["transport"], payload["encoding"]
    if transport == "direct":
        if encoding != "base64":
            problems.append(f"direct with encoding {encoding!r}")
        content = base64.b64decode(payload["data"], validate=True)
        if base64.b64encode(content).decode() != payload["data"]:
            problems.append("base64 is not canonical")
        return content
    if transport != "link" or encoding != "none":
        problems.append(f"{transport!r} with encoding {encoding!r}")
    answer = plik.fetch(payload["data"])
    if answer["status"] != 200:
        problems.append(f"the link answers {answer['status']}")
    return base64.b64decode(answer["body"])


def _verify(payload, content, problems):
    checksum = payload["metadata"].get("checksum")
    if checksum is None:
        return
    name, _, digest = checksum.partition(":")
    if name == "sha256":
        actual = hashlib.sha256(content).hexdigest()
    elif name == "xxh64":
        actual = xxhash.xxh64(content).hexdigest()
    else:
        problems.append(f"unknown checksum {name!r}")
        return
    if actual != digest:
        problems.append(f"{checksum} but the content has {actual}")


HEADER_NAMES = {
    "natsbridge-correlation-id": "correlation_id", "natsbridge-message-id": "msg_id",
    "natsbridge-timestamp": "timestamp", "natsbridge-send-to": "send_to",
    "natsbridge-purpose": "msg_purpose", "natsbridge-sender-name": "sender_name",
    "natsbridge-sender-id": "sender_id", "natsbridge-receiver-name": "receiver_name",
    "natsbridge-receiver-id": "receiver_id", "natsbridge-reply-to": "reply_to",
    "natsbridge-reply-to-message-id": "reply_to_msg_id", "natsbridge-broker-url": "broker_url",
}


def header_form(headers, body):
    """The form in which the body is the raw payload and the envelope stands in headers."""
    def text(name):
        raw = headers.get(name, "")
        return json.loads(raw) if raw.startswith('"') else raw

    def table(name):
        return json.loads(headers.get(name, "{}"))

    problems = [] if headers["natsbridge-version"] == "1" else ["unknown version"]
    problems += [f"{n} is not ASCII" for n, v in headers.items() if not v.isascii()]
    envelope = {field: text(name) for name, field in HEADER_NAMES.items()}
    payload = {
        "id": text("natsbridge-payload-id"), "dataname": text("natsbridge-data-name"),
        "payload_type": text("natsbridge-payload-type"), "transport": "direct",
        "size": len(body), "metadata": table("natsbridge-payload-metadata"),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    for name in ("correlation_id", "msg_id", "sender_id"):
        if not UUID4.fullmatch(envelope[name]):
            problems.append(f"{name} is {envelope[name]!r}")
    if not TIMESTAMP.fullmatch(envelope["timestamp"]):
        problems.append(f"timestamp is {envelope['timestamp']!r}")
    _verify(payload, body, problems)
    payload["value"] = value(payload["payload_type"], body)
    envelope |= {"metadata": table("natsbridge-metadata"), "payloads": [payload]}
    return {"envelope": envelope, "problems": problems, "form": "header"}


def value(payload_type, content):
    """The typed value as JSON."""
    if payload_type == "text":
        return content.decode()
    if payload_type in ("dictionary", "jsontable"):
        return json.loads(content)
    if payload_type == "arrowtable":
        return arrow_form.of_stream(content)
    return base64.b64encode(content).decode()
