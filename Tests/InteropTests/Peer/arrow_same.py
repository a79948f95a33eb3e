"""Whether two Arrow IPC streams hold the same table, as pyarrow reads them."""

import pyarrow as pa
import pyarrow.ipc


def differences(original, written):
    """Where the second stream differs from the first; empty when nowhere.

    Both are read by pyarrow. Ids of dictionaries and their order of values may differ, since they
    are not part of what a table says; dictionaries are compared by the values they stand for.
    """
    first, second = _read(original), _read(written)
    found = []
    if not first[0].equals(second[0], check_metadata=True):
        found.append(f"schema: {first[0]} and {second[0]}")
    if len(first[1]) != len(second[1]):
        return found + [f"{len(first[1])} batches and {len(second[1])}"]
    for index, ((one, notes), (other, other_notes)) in enumerate(zip(first[1], second[1])):
        if one.num_rows != other.num_rows:
            found.append(f"batch {index}: {one.num_rows} rows and {other.num_rows}")
        if _pairs(notes) != _pairs(other_notes):
            found.append(f"batch {index}: metadata {notes} and {other_notes}")
        if (reason := _invalid(other)) and not _invalid(one):
            found.append(f"batch {index}: {reason}")
        for position, field in enumerate(one.schema):
            if not _same(one, other, position):
                found.append(f"batch {index}: column {position} {field.name}")
    return found


def _read(stream):
    buffer = pa.py_buffer(stream)
    if stream[:6] == b"ARROW1":
        with pa.ipc.open_file(buffer) as reader:
            return reader.schema, [(reader.get_batch(i), None)
                                   for i in range(reader.num_record_batches)]
    with pa.ipc.open_stream(buffer) as reader:
        return reader.schema, list(reader.iter_batches_with_custom_metadata())


def _pairs(metadata):
    return [] if metadata is None else list(metadata.items())


def _invalid(batch):
    """Why pyarrow's full validation refuses a batch; some golden streams are out of range."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid as error:
        return str(error)
    return None


def _same(one, other, position):
    # As batches of one column: some intervals have no class in Python.
    if one.select([position]).equals(other.select([position])):
        return True
    # Unequal are also NaNs, and equal values behind other dictionaries.
    return repr(one.column(position).to_pylist()) == repr(other.column(position).to_pylist())
