"""Files and streams as the libraries of others write them, and what those libraries read of ours.

Each writer gives bytes; each reader gives a pyarrow table of the bytes that it is given. pyarrow is
the witness of both: it reads what was written, and compares what the others have read.
"""

import io
import os
import tempfile

import pyarrow as pa
import pyarrow.ipc

import arrow_samples


def _table(rows=5):
    """What all of them know: numbers, text, dates, lists, structures and a dictionary."""
    number = list(range(rows))
    return pa.table({
        "i": pa.array([None if n % 4 == 3 else n for n in number], pa.int64()),
        "f": pa.array([n / 4 for n in number], pa.float64()),
        "b": pa.array([n % 2 == 0 for n in number], pa.bool_()),
        "t": pa.array([None if n % 5 == 4 else f"text {n} äöü, longer than twelve" for n in number]),
        "d": pa.array([1000 * n for n in number], pa.int32()).cast(pa.date32()),
        "ts": pa.array([10**15 + n for n in number], pa.int64()).cast(pa.timestamp("us", "UTC")),
        "l": pa.array([[n, None, n + 1][:n % 4] for n in number], pa.list_(pa.int32())),
        "s": pa.array([{"x": n, "y": str(n)} for n in number]),
        "c": pa.array([["red", "green", None][n % 3] for n in number]).dictionary_encode(),
    })


def _to_path(write):
    """The bytes that `write` writes into a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.arrow")
        write(path)
        with open(path, "rb") as file:
            return file.read()


def _pyarrow(kind, batch_rows=None, **options):
    def write():
        sink = io.BytesIO()
        table = _table(7)
        open_ = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
        with open_(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(table, max_chunksize=batch_rows)
        return sink.getvalue()
    return write


def _pyarrow_deltas(kind):
    """A dictionary that grows from batch to batch."""
    def write():
        kinds = pa.dictionary(pa.int8(), pa.string())
        parts = [
            pa.DictionaryArray.from_arrays(pa.array(i, pa.int8()), pa.array(v))
            for i, v in (([0, 1], ["a", "b"]), ([2, 0, None], ["a", "b", "c"]), ([1], ["a", "b", "c"]))]
        schema = pa.schema([("w", kinds)])
        sink = io.BytesIO()
        open_ = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
        options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
        with open_(sink, schema, options=options) as writer:
            for part in parts:
                writer.write_batch(pa.record_batch([part], schema=schema))
        return sink.getvalue()
    return write


def _pyarrow_sample(name):
    def write():
        table = arrow_samples.SAMPLES[name]()
        sink = io.BytesIO()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.getvalue()
    return write


def _pyarrow_runs_v4():
    """Metadata V4 has a slot for the validity of runs."""
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 5], pa.int32()), pa.array(["a", None]))
    batch = pa.record_batch([runs, pa.array([1, 2, 3, 4, 5])], names=["r", "i"])
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(metadata_version=pa.ipc.MetadataVersion.V4)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def _polars(call, oldest=False, **options):
    def write():
        import polars as pl
        frame = pl.from_arrow(_table(6))
        sink = io.BytesIO()
        if oldest:
            options["compat_level"] = pl.CompatLevel.oldest()
        getattr(frame, call)(sink, **options)
        return sink.getvalue()
    return write


def _polars_types():
    import polars as pl
    frame = pl.DataFrame({
        "u8": pl.Series([1, None, 255], dtype=pl.UInt8), "time": pl.Series([None, 0, 1], dtype=pl.Time),
        "duration": pl.Series([1, -1, None], dtype=pl.Duration("ms")),
        "bytes": [b"", None, b"a value of more than twelve bytes"],
        "array": pl.Series([[1, 2], None, [3, 4]], dtype=pl.Array(pl.Int16, 2)),
        "decimal": pl.Series(["1.50", None, "-2.25"]).cast(pl.Decimal(10, 2)),
        "category": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
        "choice": pl.Series(["x", "y", None], dtype=pl.Enum(["x", "y"])),
        "null": pl.Series([None, None, None], dtype=pl.Null),
    })
    sink = io.BytesIO()
    frame.write_ipc(sink)
    return sink.getvalue()


def _duckdb():
    import duckdb
    result = duckdb.sql(
        "select range as i, range::varchar as t, [range, 1] as l, {'a': range} as s,"
        " range::decimal(9, 2) as d, range::hugeint as h, uuid() as u,"
        " interval (range) month as v, date '2026-11-28' + range::int as day from range(3000)")
    reader = result.to_arrow_reader(1000)
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
    return sink.getvalue()


def _datafusion():
    import datafusion

    def write(path):
        context = datafusion.SessionContext()
        context.from_arrow(_table(9), name="t")
        context.sql(f"copy (select i, f, b, t, d, ts, l, s, c from t) to '{path}' stored as arrow").collect()
    return _to_path(write)


def _arro3(call):
    def write():
        import arro3.io
        return _to_path(lambda path: getattr(arro3.io, call)(_table(8), path))
    return write


def _nanoarrow():
    import nanoarrow.ipc
    sink = io.BytesIO()
    plain = _table(4).drop_columns(["c"])
    with nanoarrow.ipc.StreamWriter.from_writable(sink) as writer:
        writer.write_stream(plain.to_reader())
    return sink.getvalue()


def _pandas(compression):
    def write():
        frame = _table(6).to_pandas()
        return _to_path(lambda path: frame.to_feather(path, compression=compression))
    return write


WRITERS = {
    "pyarrow file": _pyarrow("file", 3), "pyarrow file zstd": _pyarrow("file", 3, compression="zstd"),
    "pyarrow file lz4": _pyarrow("file", 3, compression="lz4"),
    "pyarrow stream": _pyarrow("stream", 3), "pyarrow file deltas": _pyarrow_deltas("file"),
    "pyarrow stream deltas": _pyarrow_deltas("stream"), "pyarrow runs in V4": _pyarrow_runs_v4,
    **{f"pyarrow file {name}": _pyarrow_sample(name) for name in arrow_samples.SAMPLES},
    "polars file": _polars("write_ipc"), "polars file lz4": _polars("write_ipc", compression="lz4"),
    "polars file zstd": _polars("write_ipc", compression="zstd"),
    "polars file for others": _polars("write_ipc", oldest=True),
    "polars stream": _polars("write_ipc_stream"), "polars types": _polars_types,
    "duckdb by pyarrow": _duckdb, "datafusion file": _datafusion,
    "arro3 file": _arro3("write_ipc"), "arro3 stream": _arro3("write_ipc_stream"),
    "nanoarrow stream": _nanoarrow, "pandas feather": _pandas("uncompressed"),
    "pandas feather lz4": _pandas("lz4"), "pandas feather zstd": _pandas("zstd"),
}


def _read_pyarrow(content, is_file):
    source = pa.BufferReader(content)
    return (pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)).read_all()


def _read_polars(content, is_file):
    import polars as pl
    source = io.BytesIO(content)
    frame = pl.read_ipc(source) if is_file else pl.read_ipc_stream(source)
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def _read_duckdb(content, is_file):
    import duckdb
    ours = _read_pyarrow(content, is_file)
    return duckdb.from_arrow(ours).to_arrow_table()


def _read_datafusion(content, is_file):
    import datafusion
    if not is_file:
        return datafusion.SessionContext().from_arrow(_read_pyarrow(content, False)).to_arrow_table()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "table.arrow")
        with open(path, "wb") as file:
            file.write(content)
        context = datafusion.SessionContext()
        context.register_arrow("ours", path)
        return context.table("ours").to_arrow_table()


def _read_arro3(content, is_file):
    import arro3.io
    source = io.BytesIO(content)
    reader = arro3.io.read_ipc(source) if is_file else arro3.io.read_ipc_stream(source)
    return pa.table(reader.read_all())


def _read_nanoarrow(content, is_file):
    import nanoarrow.ipc
    if is_file:
        content = content[8:]  # it reads streams, which a file of ours holds
    with nanoarrow.ipc.InputStream.from_readable(io.BytesIO(content)) as source:
        return pa.RecordBatchReader.from_stream(source).read_all()


def _read_pandas(content, is_file):
    import pandas
    if not is_file:
        return _read_pyarrow(content, False)
    frame = pandas.read_feather(io.BytesIO(content), dtype_backend="pyarrow")
    return pa.Table.from_pandas(frame, preserve_index=False)


READERS = {
    "polars": _read_polars, "duckdb": _read_duckdb, "datafusion": _read_datafusion,
    "arro3": _read_arro3, "nanoarrow": _read_nanoarrow, "pandas": _read_pandas,
}


def differences(reader, content, is_file):
    """Where what a library reads differs from what pyarrow reads, value by value."""
    theirs = READERS[reader](content, is_file)
    ours = _read_pyarrow(content, is_file)
    found = []
    if theirs.column_names != ours.column_names:
        return [f"columns {theirs.column_names} and {ours.column_names}"]
    for name in ours.column_names:
        if _plain(theirs[name]) != _plain(ours[name]):
            found.append(f"column {name}: {_plain(theirs[name])[:3]} and {_plain(ours[name])[:3]}")
    return found


def _plain(column):
    if pa.types.is_timestamp(column.type):  # UTC has several names
        column = column.cast(pa.int64())
    return repr(column.to_pylist())
