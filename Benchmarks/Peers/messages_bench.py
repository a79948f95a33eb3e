"""The figures of `natsbridge bench` for nats-py and pyarrow, in the same form, by the same loops.

    NATS_URL=nats://127.0.0.1:4222 messages_bench.py [core|jetstream|table …] [--messages N] >FILE
    natsbridge bench --beside FILE

As there, both connections are one process's own. Options that only `natsbridge bench` has are
passed over; so are the figures of the store, which those libraries have nothing for.
"""

import argparse
import asyncio
import datetime
import importlib.metadata
import json
import os
import time
import uuid

import nats
import pyarrow as pa
import pyarrow.compute as pc

# Seconds that a call may take, also on a machine that is busy.
PATIENCE = 60
SHARES = [0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1]


def figure(name, unit, samples):
    """What `natsbridge bench` writes of samples: BenchFigure has the same arithmetic."""
    ordered = sorted(samples)

    def value(share):
        rank = max(1, -(-round(share * len(ordered) * 1e9) // 10**9))
        return round(ordered[rank - 1], 2)

    return {
        "name": name, "unit": unit, "count": len(ordered), "median": value(0.5),
        "p10": value(0.1), "p90": value(0.9), "p99": value(0.99),
        "distribution": [[share, value(share)] for share in SHARES],
    }


async def settle(connection):
    """Waits until the server has all that was sent. nats-py writes its PING in front of what waits
    to be written: only the second PONG comes behind all of it."""
    await connection.flush(PATIENCE)
    await connection.flush(PATIENCE)


async def rates(options, count, work):
    """`count` in a second of each round, behind one that is not counted."""
    samples = []
    for round_ in range(options.rounds + 1):
        start = time.perf_counter()
        await work()
        if round_:
            samples.append(count / (time.perf_counter() - start))
    return samples


async def trips(options, work):
    """Microseconds of each trip, behind a tenth of them that is not counted."""
    wanted = max(20, options.messages // 10)
    samples = []
    for trip in range(wanted + wanted // 10):
        start = time.perf_counter()
        await work()
        if trip >= wanted // 10:
            samples.append((time.perf_counter() - start) * 1e6)
    return samples


async def core(options, client, partner):
    subject, payload = f"bench.{uuid.uuid4().hex[:8]}.core", b"x" * options.size

    async def publish():
        for _ in range(options.messages):
            await client.publish(subject, payload)
        await settle(client)

    yield figure("core.publish", "messages/s", await rates(options, options.messages, publish))

    async def deliver():
        taken, all_of_them = 0, asyncio.get_running_loop().create_future()

        async def take(_):
            nonlocal taken
            taken += 1
            if taken == options.messages:
                all_of_them.set_result(None)

        messages = await partner.subscribe(subject, cb=take)
        await settle(partner)
        await publish()
        await asyncio.wait_for(all_of_them, PATIENCE)
        await messages.unsubscribe()

    yield figure("core.deliver", "messages/s", await rates(options, options.messages, deliver))

    async def answer(message):
        await message.respond(message.data)

    echo = await partner.subscribe(subject, cb=answer)
    await settle(partner)
    times = await trips(options, lambda: client.request(subject, payload, timeout=PATIENCE))
    await echo.unsubscribe()
    yield figure("core.request", "us", times)


async def jetstream(options, client, _):
    token, payload = uuid.uuid4().hex[:8], b"x" * options.size
    subject, name = f"bench.{token}.stream", f"BENCH_{token}"
    stream = client.jetstream(timeout=PATIENCE)
    await stream.add_stream(name=name, subjects=[subject])
    try:
        times = await trips(options, lambda: stream.publish(subject, payload, timeout=PATIENCE))
        yield figure("jetstream.publish", "us", times)

        async def publish_all():
            futures = [
                await stream.publish_async(subject, payload, wait_stall=PATIENCE)
                for _ in range(options.messages)
            ]
            await asyncio.gather(*futures)

        found = await rates(options, options.messages, publish_all)
        yield figure("jetstream.publishAll", "messages/s", found)
        consumer = await stream.pull_subscribe(subject, durable="bench", stream=name)

        async def fetch():
            taken = 0
            while taken < options.messages:
                wanted = min(500, options.messages - taken)
                messages = await consumer.fetch(wanted, timeout=PATIENCE)
                for message in messages:
                    await message.ack()
                taken += len(messages)
            await settle(client)

        yield figure(
            "jetstream.fetch", "messages/s", await rates(options, options.messages, fetch))
    finally:
        await stream.delete_stream(name)


async def table(options, *_):
    ids = pa.array(range(options.rows), pa.int64())
    rows = pa.table({
        "id": ids, "value": pa.array([0.5 * n for n in range(options.rows)]),
        "even": pa.array([n % 2 == 0 for n in range(options.rows)]),
    })

    def written():
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
        return sink.getvalue()

    data = written()

    async def write():
        written()

    async def read():
        total = pc.sum(pa.ipc.open_stream(data).read_all().column("id")).as_py()
        assert total == options.rows * (options.rows - 1) // 2

    megabytes = data.size / 1e6
    yield figure("table.write", "MB/s", await rates(options, megabytes, write))
    yield figure("table.read", "MB/s", await rates(options, megabytes, read))


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options, _ = parser.parse_known_args()
    # Of what is left over, values of other options too.
    wanted = {"core", "jetstream", "store", "table"}.intersection(options.workloads)
    url = os.environ.get("NATS_URL", "nats://127.0.0.1:4222")
    client, partner = await nats.connect(url), await nats.connect(url)
    figures = []
    for workload in [core, jetstream, table]:
        if not wanted or workload.__name__ in wanted:
            figures += [found async for found in workload(options, client, partner)]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ["nats-py", "pyarrow"]]
    server = client.connected_server_version
    now = datetime.datetime.now(datetime.timezone.utc)
    print(json.dumps({
        "natsbridge_bench": 1, "version": ", ".join(versions),
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": f"{os.cpu_count()} processors, {' '.join(os.uname()[:3:2])}",
        "server": f"{server.major}.{server.minor}.{server.patch}", "figures": figures,
    }))
    await client.close()
    await partner.close()


asyncio.run(main())
