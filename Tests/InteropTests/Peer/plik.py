"""The file server calls that peers make: Plik's upload in two steps, and a plain download."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
import uuid


def _call(request):
    request.add_header("User-Agent", "curl/8 (a peer)")
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.loads(response.read())


def upload(base, name, content, one_shot=True):
    """Uploads as the peers do and returns the link that they publish."""
    options = json.dumps({"OneShot": one_shot}).encode()
    created = _call(
        urllib.request.Request(
            f"{base}/upload", data=options, method="POST",
            headers={"Content-Type": "application/json"}))
    boundary = uuid.uuid4().hex
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body = head + content + f"\r\n--{boundary}--\r\n".encode()
    stored = _call(
        urllib.request.Request(
            f"{base}/file/{created['id']}", data=body, method="POST",
            headers={
                "X-UploadToken": created["uploadToken"],
                "Content-Type": f"multipart/form-data; boundary={boundary}",
            }))
    file_name = urllib.parse.quote(stored["fileName"])
    return f"{base}/file/{created['id']}/{stored['id']}/{file_name}"


def fetch(url):
    """Fetches a link without following redirects to somewhere else."""
    request = urllib.request.Request(url, headers={"User-Agent": "curl/8 (a peer)"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return _answer(response, response.read())
    except urllib.error.HTTPError as error:
        return _answer(error, error.read())


def _answer(response, body):
    return {
        "status": response.status,
        "headers": [[name.lower(), value] for name, value in response.headers.items()],
        "body": base64.b64encode(body).decode(),
    }
