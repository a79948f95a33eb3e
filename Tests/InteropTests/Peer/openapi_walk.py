"""Walks the operations of docs/schema/file-server.openapi.json against a file server.

usage: openapi_walk.py DOCUMENT URL TOKEN

Each answer's status, fields and body are compared with what the document says of them, by
openapi-spec-validator and jsonschema. Prints one JSON object: the operations with the statuses that
were seen, and the faults.
"""

import http.client
import json
import sys
import urllib.parse
import uuid

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

document = json.load(open(sys.argv[1]))
validate(document)
address = urllib.parse.urlsplit(sys.argv[2])
bearer = {"Authorization": "Bearer " + sys.argv[3]}
token = "0123456789abcdefABCDEF"
seen, faults = {}, []


def resolve(part):
    while "$ref" in part:
        names = part["$ref"].removeprefix("#/").split("/")
        part = document
        for name in names:
            part = part[name]
    return part


def matches(template, path):
    want, have = template.split("/"), path.split("/")
    return len(want) == len(have) and all(
        w == h or (w.startswith("{") and h) for w, h in zip(want, have)
    )


def operation(method, path):
    """The template of a path, and what the document says of the method there."""
    for template in sorted(document["paths"], key=lambda text: text.count("{")):
        if matches(template, path):
            return template, document["paths"][template].get(method.lower())
    raise SystemExit("no template for " + path)


def schema_faults(schema, value):
    schema = {**schema, "components": document["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


def call(method, path, body=None, headers={}, note=""):
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    template, described = operation(method, path)
    place = f"{method} {template} {note}: {answer.status}"
    if described is None:
        # Undescribed: HEAD of what has GET, or what no path takes.
        if answer.status != 405 and method != "HEAD":
            faults.append(place + " is not described")
        if answer.status == 405:
            known = {name.upper() for name in document["paths"][template]} - {"PARAMETERS"}
            allowed = set(answer.headers["Allow"].split(", "))
            if known | {"HEAD"} != allowed | {"HEAD"}:
                faults.append(f"{place}: allowed are {allowed}, described {known}")
        return answer, content
    seen.setdefault(described["operationId"], set()).add(answer.status)
    response = described["responses"].get(str(answer.status))
    if response is None:
        faults.append(place + " is not described")
        return answer, content
    response = resolve(response)
    for name in response.get("headers", {}):
        # What depends on options or conditions.
        if name not in answer.headers and name not in {"Repr-Digest", "Upload-Offset"}:
            faults.append(f"{place}: no field {name}")
    media = response.get("content", {})
    kind = (answer.headers["Content-Type"] or "").split(";")[0]
    chosen = media.get(kind) or media.get("*/*")
    if content and chosen is None:
        faults.append(f"{place}: a body of {kind}, which is not described")
    elif chosen and kind == "application/json" and chosen.get("schema"):
        faults.extend(
            f"{place}: {fault}" for fault in schema_faults(chosen["schema"], json.loads(content))
        )
    return answer, content


def native():
    path = f"/f/{uuid.uuid4().hex}/table.arrows"
    upload = {**bearer, "X-UploadToken": token, "X-TTL": "600"}
    call("PUT", path, b"x", {"X-UploadToken": token}, "without the server's token")
    call("PUT", path, b"some bytes", upload, "new")
    call("PUT", path, b"other bytes", upload, "again")
    call("PUT", path, b"other", {**bearer, "X-UploadToken": "0" * 20}, "by somebody else")
    call("PUT", path, b"x", {**upload, "If-None-Match": "*"}, "if it is new")
    call("PUT", path, b"x", {**upload, "X-TTL": "soon"}, "with a bad time")
    call("PUT", path, b"x", {**upload, "Content-Encoding": "gzip"}, "coded")
    call("PUT", path, b"x" * 200_000, upload, "too large")
    call("PUT", "/f/12/name", b"x", upload, "with a bad identifier")
    call("PUT", f"/f/{uuid.uuid4().hex}/{'n' * 300}", b"x", upload, "with a long name")
    answer, content = call("GET", path)
    if content != b"other bytes":
        faults.append("GET gives other bytes than were stored last")
    call("GET", path, headers={"Range": "bytes=2-4"}, note="a part")
    call("GET", path, headers={"Range": "bytes=900-"}, note="a part that is not there")
    call("GET", path, headers={"If-None-Match": answer.headers["ETag"]}, note="unchanged")
    call("GET", path, headers={"If-Match": '"other"'}, note="if it is another")
    call("HEAD", path)
    call("HEAD", "/".join(path.split("/")[:3]))
    call("GET", "/".join(path.split("/")[:3]))
    call("DELETE", path, note="without a token")
    call("DELETE", path, headers={"X-UploadToken": "1" * 20}, note="with a wrong one")
    call("DELETE", path, headers={"X-UploadToken": token})
    call("GET", path, note="removed")
    call("HEAD", path, note="removed")
    call("DELETE", "/f/" + "0" * 32, headers={"X-UploadToken": token}, note="of nothing")


def named():
    for path in ["/f/notes.txt", "/f"]:
        call("POST", path, b"text", {**bearer, "X-TTL": "600"})
        call("POST", path, b"text", note="without the server's token")
    call("POST", "/f/notes.txt", b"x", {**bearer, "Repr-Digest": "sha-256=:AAAA:"}, "a bad digest")


def announced():
    path = f"/f/{uuid.uuid4().hex}/early.bin"
    sender = {**bearer, "X-UploadToken": token, "X-TTL": "600"}
    length = {"Upload-Length": "5"}
    call("POST", path, None, {"X-UploadToken": token, **length}, "without the server's token")
    call("POST", path, None, {**sender, "Upload-Length": "many"}, "of many bytes")
    call("POST", path, None, {**sender, "Upload-Length": "200000"}, "of too many bytes")
    call("POST", path, None, {**sender, **length}, "an upload")
    call("POST", path, None, {**sender, **length}, "the same again")
    call("HEAD", path, note="before its bytes")
    call("PUT", path, b"bytes", sender, "what was announced")
    if call("GET", path)[1] != b"bytes":
        faults.append("GET gives other bytes than were announced")


def parts():
    path = f"/f/{uuid.uuid4().hex}/long.bin"
    first = {**bearer, "X-UploadToken": token, "If-None-Match": "*", "Upload-Complete": "?0"}
    call("PUT", path, b"a" * 1000, first, "a part")
    answer, _ = call("HEAD", path, headers={"X-UploadToken": token}, note="how far")
    if answer.headers["Upload-Offset"] != "1000":
        faults.append("HEAD tells another offset than 1000")
    rest = {
        **bearer,
        "X-UploadToken": token,
        "Content-Type": "application/partial-upload",
        "Upload-Offset": "1000",
        "Upload-Complete": "?1",
    }
    call("PATCH", path, b"b", {**rest, "Upload-Offset": "7"}, "at a wrong place")
    call("PATCH", path, b"b", {**rest, "Content-Type": "text/plain"}, "of a wrong type")
    call("PATCH", path, b"b", {**rest, "X-UploadToken": "2" * 20}, "with a wrong token")
    call("PATCH", path, b"b" * 500, rest, "the rest")
    _, content = call("GET", path)
    if content != b"a" * 1000 + b"b" * 500:
        faults.append("the parts do not make the whole")


def plik():
    call("POST", "/upload", b"{}", note="without the server's token")
    call("POST", "/upload", b"[", {**bearer}, "with a bad document")
    _, content = call("POST", "/upload", b'{"OneShot": false, "ttl": 600}', bearer)
    upload = json.loads(content)
    mark = uuid.uuid4().hex
    form = (
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        f"hello\r\n--{mark}--\r\n"
    ).encode()
    kind = {"Content-Type": "multipart/form-data; boundary=" + mark}
    path = "/file/" + upload["id"]
    call("POST", path, form, {**kind, "X-UploadToken": "wrong"}, "with a wrong token")
    call("POST", "/file/none", form, {**kind, "X-UploadToken": token}, "of no upload")
    own = {"X-UploadToken": upload["uploadToken"]}
    call("POST", path, form, {**own, "Content-Type": "text/plain"}, "that is no form")
    _, content = call("POST", path, form, {**kind, **own})
    stored = json.loads(content)
    link = f"{path}/{stored['id']}/{stored['fileName']}"
    _, content = call("GET", link)
    if content != b"hello":
        faults.append("Plik's file has other bytes")
    call("HEAD", link)
    call("GET", link, headers={"Range": "bytes=0-0"}, note="a part")
    call("DELETE", link, headers=own)
    call("GET", link, note="removed")


def health():
    for path in ["/healthz", "/readyz", "/metrics"]:
        call("GET", path)
        call("PUT", path, b"x", bearer, "which it does not take")
    # What is no identifier can be posted to alone.
    call("PATCH", f"/f/{uuid.uuid4().hex}", b"x", bearer, "which it does not take")
    call("DELETE", "/upload", headers=bearer, note="which it does not take")


for walk in [native, named, announced, parts, plik, health]:
    walk()
known = {
    entry["operationId"]
    for item in document["paths"].values()
    for method, entry in item.items()
    if method != "parameters"
}
print(
    json.dumps(
        {
            "seen": {name: sorted(statuses) for name, statuses in sorted(seen.items())},
            "unseen": sorted(known - set(seen)),
            "faults": faults,
        }
    )
)
