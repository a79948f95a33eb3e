"""The rows of `natsbridge-bench arrow` for pyarrow, one thread, on the file that it leaves.

    natsbridge-bench arrow 10000000 FILE && .tools/venv/bin/python Benchmarks/Peers/arrow_bench.py FILE
"""

import ctypes
import json
import sys
import time

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

pa.set_cpu_count(1)
pa.set_io_thread_count(1)


def measure(name, count, work, repetitions=7):
    work()
    runs = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        runs.append(time.perf_counter() - start)
    runs.sort()
    median = runs[len(runs) // 2]
    row = {"benchmark": name, "n": count, "median_s": median, "best_s": runs[0]}
    if count > 1:
        row["gb_per_s"] = count / median / 1e9
    print(json.dumps(row))


def main(path):
    data = pa.OSFile(path).read_buffer()
    size = data.size
    table = pa.ipc.open_stream(data).read_all()
    target = pa.allocate_buffer(size)

    measure("memory.copy.warm", size,
            lambda: ctypes.memmove(target.address, data.address, size))

    def write(sink):
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)

    def write_fresh():
        write(pa.FixedSizeBufferWriter(pa.allocate_buffer(size)))

    measure("pyarrow.write.warm", size, lambda: write(pa.FixedSizeBufferWriter(target)))
    measure("pyarrow.write.fresh", size, write_fresh)
    measure("pyarrow.size", 1, lambda: write(pa.MockOutputStream()))
    measure("pyarrow.open", 1, lambda: pa.ipc.open_stream(data).read_all())
    options = pa.ipc.IpcReadOptions(included_fields=[1])
    measure("pyarrow.open.column", 1, lambda: pa.ipc.open_stream(data, options=options).read_all())
    measure("pyarrow.open.mapped", 1,
            lambda: pa.ipc.open_stream(pa.memory_map(path)).read_all())
    measure("pyarrow.sum.int64", table.num_rows * 8, lambda: pc.sum(table["id"]))
    measure("pyarrow.sum.float64", table.num_rows * 8, lambda: pc.sum(table["a"]))
    measure("pyarrow.text.lengths", table.num_rows,
            lambda: pc.sum(pc.binary_length(table["name"])))

    def validate():
        # A table that was validated before remembers nothing, but its batches are read anew.
        pa.ipc.open_stream(data).read_all().validate(full=True)

    measure("pyarrow.validate.full", size, validate)


if __name__ == "__main__":
    main(sys.argv[1])
