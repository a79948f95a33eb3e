"""Reads a compressed stream with pyarrow and one thread, as `natsbridge-bench compressed FILE` does.

CPU time decides, as the machine may be shared: run both in turns.
"""

import json
import resource
import sys

import pyarrow as pa
import pyarrow.ipc

pa.set_cpu_count(1)
pa.set_io_thread_count(1)


def cpu():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def main(path, repetitions=7):
    data = pa.OSFile(path).read_buffer()
    options = pa.ipc.IpcReadOptions(use_threads=False)
    size = pa.ipc.open_stream(data, options=options).read_all().nbytes
    runs = []
    for _ in range(repetitions):
        start = cpu()
        pa.ipc.open_stream(data, options=options).read_all()
        runs.append(cpu() - start)
    median = sorted(runs)[len(runs) // 2]
    print(json.dumps({"benchmark": "pyarrow.read.compressed", "n": size,
                      "cpu_ns_per_byte": median / size * 1e9}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
