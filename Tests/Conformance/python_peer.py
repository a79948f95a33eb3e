"""A small implementation of the wire contract in Python, to try the judge with.

It shares no code with the judge or with the bridge. A line of JSON comes, a line of JSON goes; see
docs/validation.md.
"""

import base64
import hashlib
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import xxhash

STRICT = (
    "correlation_id msg_id timestamp send_to msg_purpose sender_name sender_id receiver_name "
    "receiver_id reply_to reply_to_msg_id broker_url metadata payloads"
).split()
PAYLOAD = "id dataname payload_type transport encoding size data metadata".split()
TYPES = "text dictionary arrowtable jsontable image audio video binary".split()
CAMEL = {
    "correlationId": "correlation_id", "msgId": "msg_id", "sendTo": "send_to",
    "msgPurpose": "msg_purpose", "senderName": "sender_name", "senderId": "sender_id",
    "receiverName": "receiver_name", "receiverId": "receiver_id", "replyTo": "reply_to",
    "replyToMsgId": "reply_to_msg_id", "brokerURL": "broker_url", "brokerUrl": "broker_url",
}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


opener = urllib.request.build_opener(NoRedirect)


def fetch(url, store, checksum):
    """The bytes at a link of the store, tried again where that can help."""
    if urllib.parse.urlsplit(url)[:2] != urllib.parse.urlsplit(store)[:2]:
        raise ValueError("the link is not the store's")
    for attempt in range(5):
        try:
            with opener.open(url, timeout=20) as answer:
                content = answer.read()
                if len(content) == int(answer.headers["Content-Length"] or -1):
                    verify(content, checksum)
                    return content
        except urllib.error.HTTPError as error:
            if error.code not in (404, 408, 429, 500, 502, 503, 504) or attempt == 4:
                raise ValueError(f"the store answers {error.code}")
        except (OSError, __import__("http.client").client.IncompleteRead):
            pass
        time.sleep(0.1 * 2**attempt)
    raise ValueError("the store does not give the payload")


def verify(content, checksum):
    name, _, digest = (checksum or "").partition(":")
    found = {
        "sha256": lambda: hashlib.sha256(content).hexdigest(),
        "xxh64": lambda: xxhash.xxh64(content).hexdigest(),
    }.get(name)
    if found and found() != digest:
        raise ValueError("the digest is another")


def direct(text, kind, encoding):
    """Base64 as peers write it, or JSON as it stands."""
    plain = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        if kind in ("dictionary", "jsontable", "table") or encoding == "json":
            json.loads(text)
            return text.encode()
        raise


def read(request):
    body = base64.b64decode(request["body"])
    if request.get("strict"):
        return {"ok": False, "unsupported": True}
    raw = json.loads(body)
    raw = json.loads(whole(json.dumps(raw, ensure_ascii=False)))
    if "payloads" not in raw:
        raw = first_design(raw)
    fields = {CAMEL.get(key, key): value for key, value in raw.items()}
    shown = {key: fields.get(key) or "" for key in STRICT[:-2]}
    scheme, found, host = shown["broker_url"].rpartition("@")
    if found:
        shown["broker_url"] = scheme.partition("://")[0] + "://" + host
    shown["metadata"] = fields.get("metadata") or {}
    payloads = [described(entry, request.get("store")) for entry in fields["payloads"] or []]
    return {"ok": True, "fields": shown, "payloads": payloads}


def whole(text):
    """Halves of characters become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def first_design(raw):
    url = raw.get("url")
    return {
        "correlation_id": raw.get("correlation_id"),
        "payloads": [
            {
                "dataname": "", "payload_type": {"json": "dictionary"}.get(raw["type"], raw["type"]),
                "data": url or raw.get("payload"), "transport": "link" if url else "direct",
            }
        ],
    }


def described(entry, store):
    kind = entry.get("payload_type", entry.get("payloadType", entry.get("type")))
    data = entry.get("data") or ""
    if not isinstance(data, str):
        data = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    way = entry.get("transport") or ("link" if "://" in data else "direct")
    seen = {"dataname": entry.get("dataname", entry.get("dataName")) or "", "transport": way}
    if way == "link":
        seen["url"] = data
        if store is None:
            return seen
        checksum = (entry.get("metadata") or {}).get("checksum")
        try:
            seen["content"] = base64.b64encode(fetch(data, store, checksum)).decode()
        except ValueError as error:
            seen["error"] = str(error)
            return seen
    else:
        content = direct(data, kind, entry.get("encoding"))
        seen["content"] = base64.b64encode(content).decode()
        if kind in ("table", "json"):
            kind = "dictionary" if kind == "json" else (
                "jsontable" if content.lstrip()[:1] == b"[" else "arrowtable")
    if kind in TYPES:
        seen["type"] = kind
    return seen


def upload(store, name, content):
    url = f"{store}/f/{uuid.uuid4().hex}/{urllib.parse.quote(name, safe='')}"
    request = urllib.request.Request(url, data=content, method="PUT")
    with opener.open(request, timeout=60) as answer:
        return answer.headers["Location"]


def write(request):
    payloads = []
    for entry in request["payloads"]:
        content = base64.b64decode(entry["content"])
        payloads.append((entry, content))
    links = {
        index for index, (_, content) in enumerate(payloads)
        if len(content) >= request.get("threshold", 1_000_000)
    }

    def size():
        return 2000 * (1 + len(payloads)) + sum(
            len(content) * 4 // 3 + 4 for index, (_, content) in enumerate(payloads)
            if index not in links)

    while size() > request.get("max_payload", 1 << 20):
        rest = [index for index in range(len(payloads)) if index not in links]
        links.add(max(rest, key=lambda index: len(payloads[index][1])))
    written = []
    for index, (entry, content) in enumerate(payloads):
        link = index in links
        data = (
            upload(request["store"], entry["dataname"], content) if link
            else base64.b64encode(content).decode())
        values = [
            str(uuid.uuid4()), entry["dataname"], entry["type"], "link" if link else "direct",
            "none" if link else "base64", len(content), data,
            {"checksum": "sha256:" + hashlib.sha256(content).hexdigest()},
        ]
        written.append(dict(zip(PAYLOAD, values)))
    moment = time.time()
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    values = [
        str(uuid.uuid4()), str(uuid.uuid4()), f"{stamp}.{int(moment * 1000) % 1000:03}Z",
        "conformance.write", "chat", "python-peer", str(uuid.uuid4()), "", "", "", "",
        "nats://127.0.0.1:4222", {}, written,
    ]
    body = json.dumps(dict(zip(STRICT, values)), ensure_ascii=False).encode()
    return {"ok": True, "body": base64.b64encode(body).decode()}


for line in sys.stdin:
    request = json.loads(line)
    try:
        run = {"read": read, "write": write}.get(request["op"])
        answer = run(request) if run else {"ok": False, "unsupported": True}
    except Exception as error:
        answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
