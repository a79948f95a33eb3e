"""The rows of `natsbridge-bench arrow-files` for pyarrow and numpy, one thread, on the file that it leaves.

    natsbridge-bench arrow-files 10000000 FILE
    .tools/venv/bin/python Benchmarks/Peers/arrow_files.py FILE
"""

import json
import sys
import time

import numpy
import pyarrow as pa
import pyarrow.ipc

pa.set_cpu_count(1)
pa.set_io_thread_count(1)


def measure(name, count, work, repetitions=7):
    work()
    runs = []
    for _ in range(repetitions):
        start = time.process_time(), time.perf_counter()
        work()
        runs.append((time.perf_counter() - start[1], time.process_time() - start[0]))
    wall, cpu = sorted(runs)[len(runs) // 2]
    print(json.dumps({"benchmark": name, "n": count, "median_s": wall, "best_s": min(runs)[0],
                      "cpu_ns_per_row": cpu / count * 1e9}))


def main(path):
    file = pa.ipc.open_file(pa.memory_map(path))
    measure("pyarrow.file.open", 1, lambda: pa.ipc.open_file(pa.memory_map(path)))
    measure("pyarrow.file.batch", 1, lambda: file.get_batch(57))
    rows = sum(file.get_batch(i).num_rows for i in range(file.num_record_batches))
    number = numpy.arange(rows)
    columns = {
        "id": (number, None), "value": (number * 0.5, None),
        "share": (number * 0.25, number % 10 == 3), "flag": (number % 3 == 0, None),
        "count": (number.astype("int32"), None),
    }
    names = numpy.char.add("name ", (number % 1000).astype("U"))

    def build(copies):
        return pa.record_batch({
            # A copy, since the columns of the other side are their own.
            key: pa.array(values.copy() if copies else values, mask=mask)
            for key, (values, mask) in columns.items()})

    measure("pyarrow.build.arrays", rows, lambda: build(True))
    measure("pyarrow.build.views", rows, lambda: build(False))
    measure("pyarrow.build.texts", rows, lambda: pa.array(names))


if __name__ == "__main__":
    main(sys.argv[1])
