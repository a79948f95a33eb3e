"""Makes the Arrow IPC fixtures: NAME.arrows and, beside each, NAME.json with what it holds.

    python make.py            (pyarrow 26.0.1 made the committed files)

The JSON form is the one that `natsbridge arrow cat --json` prints.
"""

import datetime
import decimal
import json
import math
import pathlib
import random

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc as ipc

HERE = pathlib.Path(__file__).parent


def type_name(t):
    plain = {
        "halffloat": "float16", "float": "float32", "double": "float64", "string": "utf8",
        "large_string": "large_utf8", "string_view": "utf8_view", "date32[day]": "date32",
        "date64[ms]": "date64", "month_day_nano_interval": "interval[month_day_nano]",
    }
    if pa.types.is_dictionary(t):
        return "dictionary"
    if pa.types.is_timestamp(t):
        return f"timestamp[{t.unit},{t.tz}]" if t.tz else f"timestamp[{t.unit}]"
    if pa.types.is_decimal(t):
        return f"decimal{t.bit_width}({t.precision},{t.scale})"
    if pa.types.is_fixed_size_binary(t):
        return f"fixed_size_binary({t.byte_width})"
    if pa.types.is_fixed_size_list(t):
        return f"fixed_size_list({t.list_size})"
    if pa.types.is_map(t):
        return "map"
    if pa.types.is_union(t):
        return f"{t.mode}_union"
    if pa.types.is_run_end_encoded(t):
        return "run_end_encoded"
    name = str(t).split("<")[0]
    return plain.get(name, name)


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def pairs(metadata):
    if metadata is None:
        return None
    return [[text(k), text(v)] for k, v in metadata.items()]


def children(t):
    if pa.types.is_map(t):
        return [t.key_field, t.item_field]
    if pa.types.is_run_end_encoded(t):
        return [pa.field("run_ends", t.run_end_type, False), pa.field("values", t.value_type)]
    if pa.types.is_dictionary(t) or t.num_fields == 0 and not pa.types.is_struct(t):
        return None
    return [t.field(i) for i in range(t.num_fields)]


def field_form(field):
    t = field.type
    form = {
        "name": field.name, "type": type_name(t), "nullable": field.nullable,
        "metadata": pairs(field.metadata),
    }
    if pa.types.is_map(t):
        form["keys_sorted"] = t.keys_sorted
    if pa.types.is_union(t):
        form["type_codes"] = list(t.type_codes)
    if pa.types.is_dictionary(t):
        form["index"] = type_name(t.index_type)
        form["ordered"] = t.ordered
        form["value"] = field_form(pa.field("", t.value_type))
    if children(t) is not None:
        form["children"] = [field_form(child) for child in children(t)]
    return form


def number(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def value_form(scalar):
    if scalar is None:
        return None
    t = scalar.type
    if not scalar.is_valid:
        return None
    if pa.types.is_dictionary(t):
        return value_form(scalar.value)
    if pa.types.is_boolean(t):
        return scalar.as_py()
    if pa.types.is_floating(t):
        return number(float(scalar.as_py()))
    if pa.types.is_integer(t):
        return str(scalar.as_py()) if t.bit_width == 64 else scalar.as_py()
    if pa.types.is_decimal(t):
        return format(scalar.as_py(), "f")
    if pa.types.is_date32(t) or pa.types.is_time32(t):
        return scalar.value
    if pa.types.is_temporal(t) and not pa.types.is_interval(t):
        return str(scalar.value)
    if pa.types.is_interval(t):
        months, days, nanoseconds = scalar.as_py()
        return {"months": months, "days": days, "nanoseconds": str(nanoseconds)}
    if pa.types.is_struct(t):
        return [value_form(v) for v in scalar.values()]
    if pa.types.is_map(t):
        return [[value_form(v) for v in entry.values()] for entry in scalar.values]
    if hasattr(scalar, "values"):
        return [value_form(v) for v in scalar.values]
    value = scalar.as_py()
    return value.hex() if isinstance(value, bytes) else value


def column_form(column):
    if pa.types.is_run_end_encoded(column.type):
        column = pc.run_end_decode(column)
    if pa.types.is_union(column.type):  # the scalar of a null value has lost its type code
        return [[code.as_py(), value_form(v.value)] for code, v in zip(column.type_codes, column)]
    return [value_form(v) for v in column]


def batch_form(batch, metadata):
    names = batch.schema.names
    keys = [str(i) for i in range(len(names))] if len(set(names)) < len(names) else names
    form = {
        "rows": batch.num_rows,
        "columns": {key: column_form(batch.column(i)) for i, key in enumerate(keys)},
    }
    if metadata is not None:
        form["metadata"] = pairs(metadata)
    return form


def save(name, schema, batches, version=ipc.MetadataVersion.V5, legacy=False, cut=0, tail=b"",
         file=False, compression=None):
    """batches: record batches, or (record batch, metadata of its message)."""
    batches = [b if isinstance(b, tuple) else (b, None) for b in batches]
    options = ipc.IpcWriteOptions(metadata_version=version, use_legacy_format=legacy,
                                  compression=compression)
    sink = pa.BufferOutputStream()
    make = ipc.new_file if file else ipc.new_stream
    with make(sink, schema, options=options) as writer:
        for batch, metadata in batches:
            writer.write_batch(batch, custom_metadata=metadata)
    stream = sink.getvalue().to_pybytes()
    (HERE / f"{name}.arrows").write_bytes(stream[: len(stream) - cut] + tail)
    form = {
        "name": name,
        "metadata": pairs(schema.metadata),
        "schema": [field_form(field) for field in schema],
        "batches": [batch_form(*pair) for pair in batches],
    }
    text = json.dumps(form, ensure_ascii=False, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def batch_of(columns, **kinds):
    """A batch of name: (type, values), every column with a null as its second value."""
    arrays = [pa.array(values, t) for t, values in columns.values()]
    schema = pa.schema([pa.field(n, t) for n, (t, _) in columns.items()], **kinds)
    return pa.record_batch(arrays, schema=schema)


def with_slices(batch):
    return [batch, batch.slice(1, 2), batch.slice(0, 0)]


def integers():
    columns = {"bool": (pa.bool_(), [True, None, False, True])}
    for bits in (8, 16, 32, 64):
        columns[f"int{bits}"] = (
            getattr(pa, f"int{bits}")(), [-(2 ** (bits - 1)), None, 0, 2 ** (bits - 1) - 1])
        columns[f"uint{bits}"] = (getattr(pa, f"uint{bits}")(), [0, None, 1, 2**bits - 1])
    return batch_of(columns)


def floats():
    values = [1.5, None, float("nan"), float("-inf"), -0.0, 0.1]
    columns = {n: (t, values) for n, t in
               (("float32", pa.float32()), ("float64", pa.float64()), ("float16", pa.float16()))}
    return batch_of(columns)


def texts():
    words = ["", None, "Zürich", "日本", "🙂 and a long tail of text", "a\"\\\n"]
    blobs = [b"", None, b"\x00\xff", bytes(range(20)), b"x", b"y"]
    columns = {n: (getattr(pa, n)(), words) for n in ("utf8", "large_utf8", "string_view")}
    columns |= {n: (getattr(pa, n)(), blobs) for n in ("binary", "large_binary", "binary_view")}
    columns["fixed"] = (pa.binary(3), [b"abc", None, b"\x00\x01\x02", b"xyz", b"   ", b"\xff" * 3])
    return batch_of(columns)


def times():
    big = 4_102_444_800
    columns = {
        "date32": (pa.date32(), [-1, None, 0, 2_932_896]),
        "date64": (pa.date64(), [-86_400_000, None, 0, 86_400_000]),
        "interval": (pa.month_day_nano_interval(), [(1, -2, 3), None, (0, 0, 0), (-1, 0, 1)]),
    }
    for unit in ("s", "ms"):
        columns[f"time32_{unit}"] = (pa.time32(unit), [0, None, 1, 86_399])
    for unit in ("us", "ns"):
        columns[f"time64_{unit}"] = (pa.time64(unit), [0, None, 1, 86_399])
    for unit in ("s", "ms", "us", "ns"):
        columns[f"local_{unit}"] = (pa.timestamp(unit), [-1, None, 0, big])
        columns[f"instant_{unit}"] = (pa.timestamp(unit, "UTC"), [-1, None, 0, big])
        columns[f"duration_{unit}"] = (pa.duration(unit), [-1, None, 0, big])
    columns["zone"] = (pa.timestamp("ms", "Europe/Berlin"), [-1, None, 0, big])
    return batch_of(columns)


def decimals():
    d = decimal.Decimal
    columns = {}
    for bits, digits in ((32, 9), (64, 18), (128, 38), (256, 76)):
        largest = d("9" * (digits - 2) + ".99")
        with decimal.localcontext(prec=80):
            values = [d("0.01"), None, largest, -largest, d("-0.01")]
            columns[f"decimal{bits}"] = (getattr(pa, f"decimal{bits}")(digits, 2), values)
    columns["whole"] = (pa.decimal128(20, 0), [d(1), None, d(-5), d(10**19), d(0)])
    columns["hundreds"] = (pa.decimal128(5, -2), [d(12300), None, d(-100), d(0), d(100)])
    return batch_of(columns)


def nested():
    point = pa.struct([pa.field("x", pa.float64(), False), pa.field("tag", pa.utf8())])
    points = [{"x": 1.0, "tag": "a"}, None, {"x": -0.5, "tag": None}, {"x": 2.0, "tag": "d"}]
    lists = [[1, None, 3], None, [], [4]]
    columns = {
        "list": (pa.list_(pa.int64()), lists),
        "large_list": (pa.large_list(pa.int64()), lists),
        "list_view": (pa.list_view(pa.int64()), lists),
        "large_list_view": (pa.large_list_view(pa.int64()), lists),
        "fixed": (pa.list_(pa.int32(), 2), [[1, 2], None, [None, 4], [5, 6]]),
        "struct": (point, points),
        "map": (pa.map_(pa.utf8(), pa.int64()), [[("a", 1), ("b", None)], None, [], [("", 0)]]),
        "deep": (pa.list_(pa.list_(point)), [[points[:2], []], None, [], [None, points[2:]]]),
        "null": (pa.null(), [None] * 4),
        "empty": (pa.struct([]), [{}, None, {}, {}]),
    }
    return batch_of(columns)


def encoded():
    codes = pa.array([0, 5, 0, 5], pa.int8())
    sparse = pa.UnionArray.from_sparse(
        codes, [pa.array([1, None, 3, 4]), pa.array(["a", "b", None, "d"])], ["i", "s"], [0, 5])
    dense = pa.UnionArray.from_dense(
        codes, pa.array([0, 0, 1, 1], pa.int32()),
        [pa.array([1, None]), pa.array(["b", None])], ["i", "s"], [0, 5])
    runs = pa.RunEndEncodedArray.from_arrays(
        pa.array([1, 3, 4], pa.int32()), pa.array(["x", None, "z"]))
    words = pa.DictionaryArray.from_arrays(
        pa.array([1, None, 0, 1], pa.int8()), pa.array(["no", "yes"]), ordered=True)
    wide = pa.DictionaryArray.from_arrays(
        pa.array([2, None, 0, 1], pa.uint64()), pa.array([10, 20, None], pa.int64()))
    return pa.record_batch(
        [sparse, dense, runs, words, wide], names=["sparse", "dense", "runs", "words", "wide"])


def measured():
    """Enough rows that buffers shrink, and some (the noise) that do not."""
    source = random.Random(1)
    count = 400
    names = [source.choice(["pump", "valve", "tank", None]) for _ in range(count)]
    columns = {
        "id": pa.array(range(count), pa.int64()),
        "value": pa.array([n * n / 4 for n in range(count)], pa.float64()),
        "noise": pa.array([source.random() for _ in range(count)], pa.float64()),
        "name": pa.array(names, pa.utf8()),
        "word": pa.array(names, pa.utf8()).dictionary_encode(),
        "flag": pa.array([n % 7 < 3 if n % 5 else None for n in range(count)], pa.bool_()),
        "many": pa.array([[n, n] * (n % 3) for n in range(count)], pa.list_(pa.int32())),
        "none": pa.nulls(count),
    }
    return pa.record_batch(list(columns.values()), names=list(columns))


def main():
    for make in (integers, floats, texts, times, decimals, nested):
        batch = make()
        save(make.__name__, batch.schema, with_slices(batch))
    save("encoded", encoded().schema, [encoded()])

    first = pa.record_batch([pa.array(["a", "b"]).dictionary_encode()], ["word"])
    second = pa.record_batch([pa.array(["c", "a"]).dictionary_encode()], ["word"])
    save("dictionary_replaced", first.schema, [first, second, first])

    rows = batch_of({"id": (pa.int64(), [1, None]), "id2": (pa.utf8(), ["x", None])},
                    metadata={"source": "make.py", "empty": ""})
    noted = pa.schema(
        [rows.schema.field(0).with_metadata({"unit": "m"}),
         rows.schema.field(1).with_name("id")], metadata=rows.schema.metadata)
    batch = pa.record_batch(rows.columns, schema=noted)
    save("metadata_duplicates", noted, [(batch, {"part": "1"}), batch])
    save("no_batches", noted, [])
    plain = integers()
    save("v4_legacy", plain.schema, [plain], version=ipc.MetadataVersion.V4, legacy=True)
    save("v4", plain.schema, [plain, plain], version=ipc.MetadataVersion.V4)
    save("no_end_mark", plain.schema, [plain], cut=8)
    save("short_end_mark", plain.schema, [plain], cut=8, tail=b"\0\0\0\0")
    save("trailing_bytes", plain.schema, [plain], tail=b"not of the stream")
    save("file_format", plain.schema, with_slices(plain), file=True)
    empty = pa.schema([])
    rows = [pa.RecordBatch.from_struct_array(pa.array([{}] * n, pa.struct([]))) for n in (0, 3)]
    save("no_columns", empty, rows)
    for codec in ("lz4", "zstd"):
        save(f"compressed_{codec}", measured().schema, with_slices(measured()), compression=codec)
    save("compressed_texts", texts().schema, with_slices(texts()), compression="zstd")


if __name__ == "__main__":
    main()
