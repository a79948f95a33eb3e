"""The messages that peers of the bridge are known to send, one builder for each form.

The peers are programs in Julia, JavaScript, Python and MicroPython of several years; a receiver
must read all their dialects. Each builder returns the body and what a right receiver finds.
"""

import base64
import copy
import json
import uuid

import arrow_form
import arrow_samples
import plik
import reading

CONFIG = {"step_size": 0.01, "iterations": 1000, "note": "Grüße", "nested": {"a": [1, None, True]}}
ROWS = [{"id": 1, "name": "Ada"}, {"id": 2, "name": None}]
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
SOUND = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(64)
FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(100)


class Context:
    """What a builder needs to know about the place that it sends to."""

    def __init__(self, subject, store):
        self.subject = subject
        self.store = store


class Message:
    """A body, its headers, and the expectation: payloads in order and envelope fields."""

    def __init__(self, envelope, payloads, fields=None, headers=None, error=None):
        text = envelope if isinstance(envelope, (str, bytes)) else json.dumps(envelope)
        self.body = text if isinstance(text, bytes) else text.encode()
        self.headers = headers
        self.expected = {"payloads": payloads, "fields": fields or {}, "error": error}


FORMS = {}


def form(builder):
    FORMS[builder.__name__] = builder
    return builder


def arrow():
    return arrow_samples.stream("texts")


def base64_text(content):
    return base64.b64encode(content).decode()


def expected(name, kind, content):
    """What a receiver must find in a payload of those serialized bytes."""
    if kind == "text":
        value = content.decode()
    elif kind in ("dictionary", "jsontable"):
        value = json.loads(content)
    elif kind == "arrowtable":
        value = arrow_form.of_stream(content)
    else:
        value = base64_text(content)
    return {"dataname": name, "payload_type": kind, "value": value}


def payload(name, kind, content, **changes):
    """A payload in the strict form, with changes."""
    strict = {
        "id": str(uuid.uuid4()), "dataname": name, "payload_type": kind, "transport": "direct",
        "encoding": "base64", "size": len(content), "data": base64_text(content), "metadata": {},
    }
    return {**strict, **changes}


def envelope(context, payloads, **changes):
    """An envelope in the strict form, with changes."""
    strict = {
        "correlation_id": str(uuid.uuid4()), "msg_id": str(uuid.uuid4()),
        "timestamp": "2026-03-13T07:02:50.443Z", "send_to": context.subject,
        "msg_purpose": "chat", "sender_name": "python-peer", "sender_id": str(uuid.uuid4()),
        "receiver_name": "", "receiver_id": "", "reply_to": "", "reply_to_msg_id": "",
        "broker_url": "nats://127.0.0.1:4222", "metadata": {}, "payloads": payloads,
    }
    return {**strict, **changes}


def fields_of(value, *names):
    return {name: value[name] for name in names}


ALL_CONTENTS = [
    ("greeting", "text", "Hello, Grüße, 世界".encode()),
    ("config", "dictionary", json.dumps(CONFIG, ensure_ascii=False).encode()),
    ("people", "jsontable", json.dumps(ROWS).encode()),
    ("table", "arrowtable", arrow()),
    ("picture", "image", PICTURE),
    ("sound", "audio", SOUND),
    ("film", "video", FILM),
    ("blob", "binary", bytes(range(256)) * 4),
]
ALL_EXPECTED = [expected(*content) for content in ALL_CONTENTS]


@form
def strict(context):
    """The form of contract and schema: all eight types, in order."""
    value = envelope(context, [payload(*content) for content in ALL_CONTENTS])
    names = [key for key in value if key not in ("payloads", "timestamp")]
    return Message(value, ALL_EXPECTED, fields_of(value, *names))


@form
def indented_with_unknown_keys(context):
    """Other key order, white space, escapes and keys that nobody has heard of."""
    value = envelope(context, [{**payload(*ALL_CONTENTS[0]), "colour": "blue", "extra": [1]}])
    value["version"] = 7
    shuffled = dict(reversed(list(value.items())))
    text = json.dumps(shuffled, indent=4, ensure_ascii=True)
    return Message(text, ALL_EXPECTED[:1], fields_of(value, "msg_id", "correlation_id"))


@form
def nulls(context):
    """Early peers write null where there is nothing to say."""
    value = envelope(
        context, [payload(*ALL_CONTENTS[0], metadata=None)], receiver_name=None, receiver_id=None,
        reply_to=None, reply_to_msg_id=None, broker_url=None, metadata=None)
    fields = {"receiver_name": "", "receiver_id": "", "reply_to": "", "reply_to_msg_id": ""}
    return Message(value, ALL_EXPECTED[:1], fields)


@form
def missing_keys(context):
    """Only what is needed to understand the message."""
    small = payload(*ALL_CONTENTS[1])
    for key in ("id", "encoding", "size", "metadata"):
        del small[key]
    value = {"correlation_id": str(uuid.uuid4()), "payloads": [small]}
    return Message(value, ALL_EXPECTED[1:2], fields_of(value, "correlation_id"))


def camel(value, broker, kind):
    names = {
        "correlation_id": "correlationId", "msg_id": "msgId", "send_to": "sendTo",
        "msg_purpose": "msgPurpose", "sender_name": "senderName", "sender_id": "senderId",
        "receiver_name": "receiverName", "receiver_id": "receiverId", "reply_to": "replyTo",
        "reply_to_msg_id": "replyToMsgId", "broker_url": broker, "payload_type": kind,
    }
    if isinstance(value, list):
        return [camel(item, broker, kind) for item in value]
    if not isinstance(value, dict):
        return value
    return {names.get(key, key): item if key == "metadata" else camel(item, broker, kind)
            for key, item in value.items()}


@form
def camel_case(context):
    """The keys of February 2026, with payloads[].type."""
    value = envelope(
        context, [payload(*content) for content in ALL_CONTENTS], reply_to="answers.here",
        metadata={"some_key": 1, "otherKey": 2})
    fields = fields_of(value, "correlation_id", "msg_id", "send_to", "sender_name", "reply_to",
                       "metadata", "broker_url")
    return Message(camel(copy.deepcopy(value), "brokerURL", "type"), ALL_EXPECTED, fields)


@form
def camel_case_other(context):
    """The same with brokerUrl and payloads[].payloadType."""
    value = envelope(context, [payload(*ALL_CONTENTS[0])])
    fields = fields_of(value, "correlation_id", "broker_url")
    return Message(camel(value, "brokerUrl", "payloadType"), ALL_EXPECTED[:1], fields)


def seed(context, kind, content, our_kind, link=False, **changes):
    value = {"correlation_id": str(uuid.uuid4()), "type": kind}
    if link:
        value |= {"transport": "link", "url": plik.upload(context.store, "seed.bin", content)}
    else:
        value |= {"transport": "direct", "payload": base64_text(content)}
    found = expected("", our_kind, content)
    del found["dataname"]  # the seed's form has no names
    return Message({**value, **changes}, [found], fields_of(value, "correlation_id"))


@form
def seed_table(context):
    """The first design: one payload at the top level."""
    return seed(context, "table", arrow(), "arrowtable")


@form
def seed_json(context):
    return seed(context, "json", json.dumps(CONFIG).encode(), "dictionary")


@form
def seed_json_plain(context):
    """The JSON itself as the text of the payload, not base64."""
    content = json.dumps(CONFIG)
    return seed(context, "json", content.encode(), "dictionary", payload=content)


@form
def seed_binary(context):
    return seed(context, "binary", bytes(range(256)), "binary")


@form
def seed_link(context):
    return seed(context, "table", arrow(), "arrowtable", link=True)


@form
def table_of_arrow(context):
    """Python peers say `table`: here the content is Arrow."""
    value = envelope(context, [payload("t", "table", arrow(), encoding="arrow-ipc")])
    return Message(value, [expected("t", "arrowtable", arrow())])


@form
def table_of_json(context):
    """The same type name, but the content is JSON rows."""
    rows = json.dumps(ROWS).encode()
    value = envelope(context, [payload("t", "table", rows, encoding="json")])
    return Message(value, [expected("t", "jsontable", rows)])


@form
def odd_encodings(context):
    """`encoding` is a hint that peers write as they like."""
    config = json.dumps(CONFIG)
    rows = json.dumps(ROWS)
    payloads = [
        payload("a", "dictionary", config.encode(), encoding="json"),
        payload("b", "dictionary", config.encode(), encoding="json", data=config),
        payload("c", "dictionary", config.encode(), encoding="none", data=config),
        payload("d", "dictionary", config.encode(), data=config),
        payload("e", "jsontable", rows.encode(), encoding="json", data=rows),
        payload("f", "arrowtable", arrow(), encoding="arrow-ipc"),
        payload("g", "binary", b"\x00\x01\x02", encoding="none"),
        payload("h", "text", b"plain", encoding=""),
    ]
    values = [expected(name, "dictionary", config.encode()) for name in "abcd"] + [
        expected("e", "jsontable", rows.encode()), expected("f", "arrowtable", arrow()),
        expected("g", "binary", b"\x00\x01\x02"), expected("h", "text", b"plain")]
    return Message(envelope(context, payloads), values)


@form
def wrong_sizes(context):
    """Sizes that are too small, too large, of the base64, negative or no number."""
    contents = [(f"s{i}", "text", b"some text") for i in range(6)]
    sizes = [0, 18, 12, -1, None, 10**12]
    payloads = [payload(*c, size=size) for c, size in zip(contents, sizes)]
    return Message(envelope(context, payloads), [expected(*c) for c in contents])


@form
def links(context):
    """Every type by link, each uploaded by the Plik calls as the peers do."""
    encodings = ["none", "json", "json", "arrow-ipc", "base64", "none", "none", "base64"]
    payloads = []
    for (name, kind, content), encoding in zip(ALL_CONTENTS, encodings):
        url = plik.upload(context.store, f"{name} file.bin", content)
        payloads.append(payload(
            name, kind, content, transport="link", encoding=encoding, data=url))
    return Message(envelope(context, payloads), ALL_EXPECTED)


@form
def mixed_direct_and_link(context):
    """One message, some payloads inside and some at the file server; order must stay."""
    payloads = []
    for index, (name, kind, content) in enumerate(ALL_CONTENTS):
        change = {}
        if index % 2:
            url = plik.upload(context.store, name, content, one_shot=False)
            change = {"transport": "link", "encoding": "none", "data": url}
        payloads.append(payload(name, kind, content, **change))
    return Message(envelope(context, payloads), ALL_EXPECTED)


TIMES = {
    "2026-03-13T07:02:50.443": 443_000_000, "2026-03-13T07:02:50": 0,
    "2026-03-13T07:02:50Z": 0, "2026-03-13T07:02:50.4Z": 400_000_000,
    "2026-03-13T07:02:50.443210Z": 443_210_000, "2026-03-13T07:02:50.123456789Z": 123_456_789,
    "2026-03-13T14:02:50.443+07:00": 443_000_000,
    "2026-03-13T01:32:50.443000-05:30": 443_000_000,
}


def timestamp_form(index, text, nanoseconds):
    def build(context):
        value = envelope(context, [payload(*ALL_CONTENTS[0])], timestamp=text)
        return Message(value, ALL_EXPECTED[:1], {
            "timestamp": f"2026-03-13T07:02:50.{nanoseconds // 1_000_000:03}Z"})
    FORMS[f"timestamp_{index}"] = build


for _index, (_text, _nanoseconds) in enumerate(TIMES.items()):
    timestamp_form(_index, _text, _nanoseconds)


@form
def odd_identifiers(context):
    """MicroPython's ids have no version bits, early peers used underscores."""
    value = envelope(
        context, [payload(*ALL_CONTENTS[0], id="payload_1")], correlation_id="corr_1741849370_a1b2",
        msg_id="0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", sender_id="ESP32")
    return Message(value, ALL_EXPECTED[:1],
                   fields_of(value, "correlation_id", "msg_id", "sender_id"))


@form
def other_purposes(context):
    value = envelope(context, [payload(*ALL_CONTENTS[0])], msg_purpose="calibrate",
                     broker_url="localhost:4222", metadata={"deep": {"list": [1, "two", None]}})
    return Message(value, ALL_EXPECTED[:1],
                   fields_of(value, "msg_purpose", "broker_url", "metadata"))


@form
def empty_values(context):
    contents = [("", "text", b""), ("b", "binary", b""), ("c", "dictionary", b"{}"),
                ("d", "dictionary", b"[1, 2]"), ("e", "jsontable", b"[]")]
    value = envelope(context, [payload(*c) for c in contents])
    return Message(value, [expected(*c) for c in contents])


@form
def no_payloads(context):
    return Message(envelope(context, [], msg_purpose="ACK"), [], {"msg_purpose": "ACK"})


@form
def many_payloads(context):
    contents = [(f"part {i}", "text", f"text {i}".encode()) for i in range(100)]
    return Message(envelope(context, [payload(*c) for c in contents]),
                   [expected(*c) for c in contents])


@form
def large_direct(context):
    """Near the edge of what fits into a message of 1 MB."""
    content = bytes(range(256)) * 2900
    return Message(envelope(context, [payload("big", "binary", content)]),
                   [expected("big", "binary", content)])


@form
def header_form(context):
    """The raw body with the envelope in headers, as a peer would write it that learnt the form."""
    value = envelope(context, [], sender_name='Größe "XL"', metadata={"note": "Grüße"})
    names = {field: name for name, field in reading.HEADER_NAMES.items()}
    headers = {names[key]: header_text(text) for key, text in value.items()
               if key in names and text != ""}
    headers |= {
        "NATSBridge-Version": "1", "natsbridge-metadata": json.dumps(value["metadata"]),
        "NATSBridge-Payload-ID": str(uuid.uuid4()), "NATSBridge-Data-Name": "sound",
        "NATSBridge-Payload-Type": "audio", "Sample-Rate": "44100", "Channels": "1"}
    fields = fields_of(value, "correlation_id", "msg_id", "sender_name", "metadata", "send_to")
    return Message(SOUND, [expected("sound", "audio", SOUND)], fields, headers)


def header_text(text):
    plain = text.isascii() and text.isprintable() and text == text.strip() and text[0] != '"'
    return text if plain else json.dumps(text)


@form
def broken_json(context):
    return Message('{"correlation_id": "x", "payloads": [', [], error="envelope")


@form
def not_an_object(context):
    return Message('[1, 2, 3]', [], error="envelope")


@form
def no_envelope(context):
    return Message(b"\x00\xff\xfe", [], error="envelope")


@form
def unknown_type(context):
    value = envelope(context, [payload("x", "hologram", b"123")])
    return Message(value, [], error="payload")


@form
def bad_base64(context):
    value = envelope(context, [payload("x", "image", PICTURE, data="not*base64")])
    return Message(value, [], error="payload")


@form
def broken_arrow(context):
    value = envelope(context, [payload("x", "arrowtable", arrow()[:-200])])
    return Message(value, [], error="payload")


@form
def foreign_link(context):
    """A link to another origin than the file server's: the default policy refuses it."""
    link = payload("x", "binary", b"1", transport="link", data="http://127.0.0.2:9/f/secret")
    return Message(envelope(context, [link]), [], error="link")


@form
def missing_link(context):
    """A link to a file that is not there."""
    url = f"{context.store}/file/AAAAAAAAAAAAAAAA/BBBBBBBBBBBBBBBB/gone.bin"
    link = payload("x", "binary", b"1", transport="link", encoding="none", data=url)
    return Message(envelope(context, [link]), [], error="link")


def answer(context, seen):
    """The answer to a message that was seen: it names the message that it answers."""
    asked = seen["envelope"]
    names = ", ".join(p["dataname"] for p in asked["payloads"])
    content = ("reply", "text", f"got {names}".encode())
    value = envelope(
        context, [payload(*content), payload(*ALL_CONTENTS[3])],
        correlation_id=asked["correlation_id"], reply_to_msg_id=asked["msg_id"],
        receiver_name=asked["sender_name"], receiver_id=asked["sender_id"])
    return Message(value, [expected(*content), ALL_EXPECTED[3]],
                   fields_of(value, "correlation_id", "reply_to_msg_id", "msg_id"))
