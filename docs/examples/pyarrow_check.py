"""The other side of ArrowFile: checks its file with pyarrow, and writes one of its own."""

import sys

import pyarrow as pa
import pyarrow.ipc

source, target = sys.argv[1:]
with pa.memory_map(source) as file:
    table = pa.ipc.open_stream(file).read_all()
table.validate(full=True)

assert table.num_rows == 1000, table.num_rows
assert table.schema.field("value").type == pa.float64(), table.schema
assert table.schema.field("tags").type == pa.list_(table.schema.field("tags").type.value_field)
assert pa.types.is_timestamp(table.schema.field("at").type), table.schema
assert table["value"].null_count == 100
assert table["value"][1].as_py() == 0.25
assert table["sensor"][7].as_py() == "sensor 2"
assert table["tags"][5].as_py() == ["tag 0", "tag 1"]
assert table["at"][1].value - table["at"][0].value > 0

doubled = pa.array([None if v is None else v * 2 for v in table["value"].to_pylist()])
table = table.append_column("doubled", doubled)
options = pa.ipc.IpcWriteOptions(compression="lz4")
with pa.ipc.new_file(target, table.schema, options=options) as writer:
    writer.write_table(table, max_chunksize=300)
print(f"{table.num_rows} rows checked and written by pyarrow {pa.__version__}")
