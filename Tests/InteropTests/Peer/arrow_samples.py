"""Tables as pyarrow users make them, one for each thing that a reader may stumble over."""

import datetime
import decimal
import io
import math

import pyarrow as pa
import pyarrow.ipc

_INTEGERS = [
    (f"{sign}int{bits}", getattr(pa, f"{sign}int{bits}")())
    for bits in (8, 16, 32, 64) for sign in ("", "u")
]


def _extremes(kind):
    bits = kind.bit_width
    if str(kind).startswith("u"):
        return [0, 1, None, 2**bits - 1]
    return [-(2 ** (bits - 1)), -1, None, 2 ** (bits - 1) - 1]


def _integers():
    return pa.table({name: pa.array(_extremes(kind), kind) for name, kind in _INTEGERS})


def _floats():
    values = [0.0, -0.0, 1.5, None, math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308]
    single = [0.0, -0.0, 1.5, None, math.nan, math.inf, -math.inf, 0.25, 3.4028234663852886e38]
    return pa.table({"f64": pa.array(values, pa.float64()), "f32": pa.array(single, pa.float32())})


def _booleans():
    # 19 rows: three bytes of bits, the last one not full.
    values = [None if i % 5 == 3 else i % 3 == 0 for i in range(19)]
    return pa.table({"b": values, "nn": [i % 2 == 0 for i in range(19)]})


def _texts():
    texts = ["", "a", None, "Grüße, 世界", "\u0000\n\t\"\\", "🦊" * 100, " trailing "]
    return pa.table({
        "text": pa.array(texts, pa.string()),
        "data": pa.array([t.encode() if t is not None else None for t in texts], pa.binary()),
    })


def _times():
    days = [-719162, 0, None, 20000]
    moments = [-62135596800, 0, None, 1773385370]
    columns = {"day": pa.array(days, pa.int32()).cast(pa.date32())}
    for unit, factor in (("s", 1), ("ms", 10**3), ("us", 10**6)):
        values = [None if m is None else m * factor for m in moments]
        columns[unit] = pa.array(values, pa.int64()).cast(pa.timestamp(unit))
        columns[unit + "z"] = pa.array(values, pa.int64()).cast(pa.timestamp(unit, "UTC"))
    columns["ns"] = pa.array([-1, 0, None, 2**62], pa.int64()).cast(pa.timestamp("ns"))
    return pa.table(columns)


def _lists():
    return pa.table({
        "list": pa.array([[1, 2], [], None, [None, 3]], pa.list_(pa.int32())),
        "texts": pa.array([["a"], None, ["", None], []], pa.list_(pa.string())),
        "deep": pa.array([[[1.0], []], None, [], [None, [2.0]]], pa.list_(pa.list_(pa.float64()))),
    })


def _structs():
    kind = pa.struct([
        ("x", pa.int64()), ("name", pa.string()),
        ("inner", pa.struct([("flag", pa.bool_()), ("tags", pa.list_(pa.string()))])),
    ])
    rows = [
        {"x": 1, "name": "one", "inner": {"flag": True, "tags": ["a", None]}},
        None,
        {"x": None, "name": None, "inner": None},
        {"x": 4, "name": "", "inner": {"flag": None, "tags": []}},
    ]
    points = pa.list_(pa.struct([("x", pa.float32()), ("y", pa.float32())]))
    return pa.table({
        "s": pa.array(rows, kind),
        "points": pa.array([[{"x": 1, "y": 2}], [], None, [None, {"x": 3, "y": None}]], points),
    })


def _nothing_missing():
    # pyarrow writes no validity buffer for these columns.
    return pa.table({"id": pa.array(range(1000), pa.int64()),
                     "v": pa.array([i / 8 for i in range(1000)], pa.float64())})


def _required():
    schema = pa.schema([pa.field("id", pa.int32(), nullable=False), pa.field("t", pa.string())])
    return pa.table({"id": [1, 2], "t": ["x", None]}, schema=schema)


def _metadata():
    schema = pa.schema(
        [pa.field("v", pa.int8(), metadata={"unit": "mm", "": "empty key"})],
        metadata={"origin": "pyarrow", "note": "Größe"})
    return pa.table({"v": pa.array([1, 2], pa.int8())}, schema=schema)


def _sliced():
    # The offsets of a slice do not begin at zero in memory; on the wire they do.
    table = pa.table({"t": [str(i) * (i % 4) for i in range(50)],
                      "l": [[j for j in range(i % 5)] for i in range(50)],
                      "b": [i % 3 == 0 for i in range(50)]})
    return table.slice(13, 21)


def _several_batches():
    table = _texts()
    return pa.Table.from_batches(table.to_batches(max_chunksize=2))


def _no_rows():
    return _texts().slice(0, 0)


def _no_columns():
    return pa.table({})


def _day():
    return pa.table({"d": [datetime.date(2026, 3, 13)], "t": [datetime.datetime(2026, 3, 13, 7)]})


def _wide_types():
    """Types beyond the portable profile that a reader of the whole format knows."""
    days = [0, 86_400_000, None]
    return pa.table({
        "null": pa.nulls(3),
        "half": pa.array([0.5, None, -2.0], pa.float16()),
        "large": pa.array(["a", None, "世界"], pa.large_string()),
        "blob": pa.array([b"a", None, b""], pa.large_binary()),
        "fixed": pa.array([b"abcd", None, b"\0\0\0\1"], pa.binary(4)),
        "pairs": pa.array([[1, 2], None, [3, None]], pa.list_(pa.int16(), 2)),
        "many": pa.array([[1], [], None], pa.large_list(pa.int8())),
        "date64": pa.array(days, pa.int64()).cast(pa.date64()),
        "time32": pa.array([0, 86_399, None], pa.int32()).cast(pa.time32("s")),
        "time64": pa.array([0, 86_399_999_999, None], pa.int64()).cast(pa.time64("us")),
        "elapsed": pa.array([-1, 0, None], pa.int64()).cast(pa.duration("ms")),
        "money": pa.array([decimal.Decimal("12.30"), None, decimal.Decimal("-0.01")],
                          pa.decimal128(9, 2)),
    })


def _maps():
    kind = pa.map_(pa.string(), pa.int32())
    return pa.table({"m": pa.array([[("a", 1), ("b", None)], None, []], kind)})


SAMPLES = {
    "booleans": _booleans, "floats": _floats, "integers": _integers, "texts": _texts,
    "times": _times, "lists": _lists, "structs": _structs, "nothing_missing": _nothing_missing,
    "required": _required, "metadata": _metadata, "sliced": _sliced, "no_rows": _no_rows,
    "several_batches": _several_batches, "no_columns": _no_columns, "day": _day,
    "wide_types": _wide_types, "maps": _maps,
}


def stream(name):
    """A sample as the bytes of an IPC stream, with pyarrow's default options."""
    return write(SAMPLES[name]())


def write(table):
    """Any table as the bytes of an IPC stream."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()
