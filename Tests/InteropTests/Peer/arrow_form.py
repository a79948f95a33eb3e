"""The values of an Arrow IPC stream as JSON, in the form that `natsbridge arrow cat --json` has.

64-bit integers, dates of 64 bits, timestamps and durations are texts, binary is hexadecimal,
floats that are no numbers are "NaN", "Infinity" and "-Infinity", a struct is the array of its
children's values.
"""

import math

import pyarrow as pa
import pyarrow.ipc


def of_stream(stream):
    """The schema and the batches of a stream that pyarrow reads and validates."""
    with pa.ipc.open_stream(pa.BufferReader(stream)) as reader:
        schema = reader.schema
        batches = []
        for batch, metadata in reader.iter_batches_with_custom_metadata():
            batch.validate(full=True)
            batches.append(_batch(batch, metadata))
    return {
        "metadata": _metadata(schema.metadata),
        "schema": [_field(field) for field in schema],
        "batches": batches,
    }


def _batch(batch, metadata):
    names = batch.schema.names
    keys = names if len(set(names)) == len(names) else [str(i) for i in range(len(names))]
    form = {
        "rows": batch.num_rows,
        "columns": {key: [_value(v) for v in batch.column(i)] for i, key in enumerate(keys)},
    }
    if metadata:
        form["metadata"] = _metadata(metadata)
    return form


def _metadata(metadata):
    if metadata is None:
        return None
    return [[key.decode(), value.decode()] for key, value in metadata.items()]


def _field(field):
    form = {
        "name": field.name,
        "type": _type_name(field.type),
        "nullable": field.nullable,
        "metadata": _metadata(field.metadata),
    }
    kind = field.type
    if pa.types.is_map(kind):
        form["keys_sorted"] = kind.keys_sorted
        form["children"] = [_field(kind.key_field), _field(kind.item_field)]
    elif pa.types.is_nested(kind) and not pa.types.is_union(kind):
        form["children"] = [_field(kind.field(i)) for i in range(kind.num_fields)]
    return form


_NAMES = {
    pa.float16(): "float16", pa.float32(): "float32", pa.float64(): "float64",
    pa.string(): "utf8", pa.large_string(): "large_utf8", pa.binary(): "binary",
    pa.large_binary(): "large_binary", pa.date32(): "date32", pa.date64(): "date64",
    pa.null(): "null", pa.bool_(): "bool",
}


def _type_name(kind):
    if kind in _NAMES:
        return _NAMES[kind]
    if pa.types.is_timestamp(kind):
        return f"timestamp[{kind.unit},{kind.tz}]" if kind.tz else f"timestamp[{kind.unit}]"
    if pa.types.is_decimal(kind):
        return f"decimal{kind.bit_width}({kind.precision},{kind.scale})"
    if pa.types.is_map(kind):
        return "map"
    if pa.types.is_duration(kind):
        return f"duration[{kind.unit}]"
    if pa.types.is_fixed_size_list(kind):
        return f"fixed_size_list({kind.list_size})"
    if pa.types.is_fixed_size_binary(kind):
        return f"fixed_size_binary({kind.byte_width})"
    if pa.types.is_large_list(kind):
        return "large_list"
    if pa.types.is_list(kind):
        return "list"
    if pa.types.is_struct(kind):
        return "struct"
    return str(kind)


def _value(scalar):
    kind = scalar.type
    if not scalar.is_valid:
        return None
    if pa.types.is_boolean(kind):
        return scalar.as_py()
    if pa.types.is_integer(kind):
        return str(scalar.as_py()) if kind.bit_width == 64 else scalar.as_py()
    if pa.types.is_floating(kind):
        return _float(float(scalar.as_py()))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return scalar.as_py()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or (
            pa.types.is_fixed_size_binary(kind)):
        return scalar.as_py().hex()
    if pa.types.is_date32(kind) or pa.types.is_time32(kind):
        return scalar.value
    if pa.types.is_temporal(kind):
        return str(scalar.value)
    if pa.types.is_decimal(kind):
        return format(scalar.as_py(), "f")
    if pa.types.is_map(kind):
        return [[_value(pair[0]), _value(pair[1])] for pair in scalar.values]
    if pa.types.is_struct(kind):
        return [_value(scalar[i]) for i in range(kind.num_fields)]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or (
            pa.types.is_fixed_size_list(kind)):
        return [_value(item) for item in scalar.values]
    raise TypeError(f"no JSON form for {kind}")


def _float(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
