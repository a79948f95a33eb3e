"""Validates an AsyncAPI document by the models of asyncapi3, and its examples by JSON Schema.

usage: asyncapi_check.py DOCUMENT ENVELOPE_SCHEMA

Prints one JSON object with the faults. A reference into the document itself must lead somewhere.
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")

from asyncapi3.models.asyncapi import AsyncAPI3
from jsonschema import Draft202012Validator

document = json.load(open(sys.argv[1]))
envelope = Draft202012Validator(json.load(open(sys.argv[2])))
faults = []


def walk(value, path=""):
    if isinstance(value, list):
        for index, item in enumerate(value):
            walk(item, f"{path}/{index}")
    if not isinstance(value, dict):
        return
    target = value.get("$ref", "")
    if target.startswith("#/"):
        part = document
        for name in target[2:].split("/"):
            part = part.get(name) if isinstance(part, dict) else None
        if part is None:
            faults.append(f"{path}: {target} leads nowhere")
    for name, item in value.items():
        walk(item, f"{path}/{name}")


try:
    AsyncAPI3.model_validate(document)
except ValueError as error:
    faults.append(str(error))
walk(document)
examples = document["components"]["messages"]["envelope"]["examples"]
for example in examples:
    faults.extend(error.message for error in envelope.iter_errors(example["payload"]))
print(json.dumps({"faults": faults, "examples": len(examples)}))
