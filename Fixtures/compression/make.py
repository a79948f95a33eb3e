"""Makes the compression fixtures: frames, and in expected.json what each of them holds.

    python make.py            (pyarrow 26.0.1 and xxhash 4.1.0 made the committed files)

The codecs are pyarrow's, so liblz4's and libzstd's. What pyarrow does not set, such as checksums
and block sizes, is put around its blocks here, from the formats' descriptions.
"""

import io
import json
import pathlib
import random
import struct

import pyarrow as pa
import xxhash

HERE = pathlib.Path(__file__).parent
SKIPPABLE = struct.pack("<II", 0x184D2A53, 5) + b"hello"


def rows(count, seed=7):
    """Text with columns: repeats itself, yet with enough change for every kind of table."""
    source = random.Random(seed)
    words = ["measured", "estimated", "missing", "valve", "pump", "tank", "north", "south"]
    lines = []
    size = 0
    while size < count:
        line = (f"{len(lines):06d},{source.choice(words)},{source.choice(words)},"
                f"{source.randrange(400) / 4:.2f}\n")
        lines.append(line)
        size += len(line)
    return "".join(lines).encode()[:count]


def noise(count, seed=11):
    return random.Random(seed).randbytes(count)


# LZ4 ---------------------------------------------------------------------------------------


def lz4(data):
    return pa.Codec("lz4").compress(data, asbytes=True)


def lz4_frame(data, code, block_checksums=True, content_checksum=True, content_size=True):
    """A frame of independent blocks of the size 4 << (2 * code - 2) KiB."""
    flags = 0x60 | (0x10 if block_checksums else 0) | (0x04 if content_checksum else 0)
    head = bytes([flags | (0x08 if content_size else 0), code << 4])
    if content_size:
        head += struct.pack("<Q", len(data))
    frame = struct.pack("<I", 0x184D2204) + head
    frame += bytes([xxhash.xxh32(head).intdigest() >> 8 & 0xFF])
    size = 1 << (8 + 2 * code)
    for start in range(0, len(data), size):
        plain = data[start:start + size]
        block = pa.Codec("lz4_raw").compress(plain, asbytes=True)
        length = len(block)
        if length >= len(plain):
            block, length = plain, len(plain) | 1 << 31
        frame += struct.pack("<I", length) + block
        if block_checksums:
            frame += struct.pack("<I", xxhash.xxh32(block).intdigest())
    frame += bytes(4)
    if content_checksum:
        frame += struct.pack("<I", xxhash.xxh32(data).intdigest())
    return frame


def make_lz4():
    short = rows(1_000)
    long = rows(90_000)
    yield "small.lz4", short, lz4(short)
    yield "linked.lz4", long, lz4(long)
    yield "empty.lz4", b"", lz4(b"")
    yield "noise.lz4", noise(2_000), lz4(noise(2_000))
    yield "zeros.lz4", bytes(300_000), lz4(bytes(300_000))
    for code, name in ((4, "64k"), (5, "256k"), (6, "1m"), (7, "4m")):
        data = rows(60_000) + bytes(300_000) + noise(300)
        yield f"block-{name}.lz4", data, lz4_frame(data, code)
    mixed = noise(700) + short
    yield "block-checksums.lz4", mixed, lz4_frame(mixed, 4, True, False, False)
    yield "content-checksum.lz4", mixed, lz4_frame(mixed, 4, False, True, False)
    yield "content-size.lz4", mixed, lz4_frame(mixed, 4, False, False, True)
    several = SKIPPABLE + lz4(short) + SKIPPABLE + lz4_frame(mixed, 4) + lz4(b"")
    yield "several.lz4", short + mixed, several


# Zstandard ---------------------------------------------------------------------------------


def zstd(data, level=3):
    return pa.Codec("zstd", compression_level=level).compress(data, asbytes=True)


def zstd_streamed(data):
    """Without the content's size, with a window."""
    sink = io.BytesIO()
    with pa.CompressedOutputStream(pa.PythonFile(sink, "w"), "zstd") as stream:
        for start in range(0, len(data), 50_000):
            stream.write(data[start:start + 50_000])
        sink.close = lambda: None
    return sink.getvalue()


def with_checksum(frame, data):
    """Sets the checksum flag of a frame and adds the checksum."""
    head = bytes([frame[4] | 0x04])
    digest = struct.pack("<I", xxhash.xxh64(data).intdigest() & 0xFFFFFFFF)
    return frame[:4] + head + frame[5:] + digest


def make_zstd():
    short = rows(1_000)
    long = rows(150_000)
    for level in (-5, 1, 3, 19):
        yield f"level{level}.zst", long, zstd(long, level)
    numbers = b"".join(struct.pack("<d", n * n / 8) for n in range(6_000))
    yield "numbers.zst", numbers, zstd(numbers)
    yield "small.zst", short, zstd(short)
    yield "empty.zst", b"", zstd(b"")
    yield "one.zst", b"x", zstd(b"x")
    yield "noise.zst", noise(2_000), zstd(noise(2_000))
    yield "zeros.zst", bytes(300_000), zstd(bytes(300_000))
    # Literals of one symbol, of few symbols and of many; streams of literals alone.
    letters = bytes(random.Random(3).choices(b"abcdefgh", (50, 20, 10, 8, 5, 4, 2, 1), k=9_000))
    yield "letters.zst", letters, zstd(letters, 1)
    skewed = bytes(random.Random(5).choices(range(256), range(1, 257), k=9_000))
    yield "skewed.zst", skewed, zstd(skewed, 1)
    yield "streamed.zst", long, zstd_streamed(long)
    yield "checksum.zst", short, with_checksum(zstd(short), short)
    several = SKIPPABLE + zstd(short) + SKIPPABLE + with_checksum(zstd(letters), letters)
    yield "several.zst", short + letters, several + zstd(b"")


def main():
    expected = {}
    for name, plain, packed in [*make_lz4(), *make_zstd()]:
        (HERE / name).write_bytes(packed)
        expected[name] = {"size": len(plain), "xxh64": xxhash.xxh64(plain).hexdigest()}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
