"""Reads a ledger through the granted directory and reports on it with a good part of the standard library."""

import csv
import hashlib
import heapq
import itertools
import json
import pathlib
import re
import statistics
import struct
import sys
import textwrap
import zlib
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal, getcontext
from fractions import Fraction
from functools import lru_cache


@dataclass(order=True, frozen=True)
class Entry:
    when: date
    account: str = field(compare=False)
    amount: Decimal = field(compare=False)
    memo: str = field(default="", compare=False)


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Entry(date.fromisoformat(row["date"]), row["account"], Decimal(row["amount"]), row["memo"])


@lru_cache(maxsize=None)
def partitions(n, largest):
    """Ways to write n as a sum of parts up to largest. Shallow: this build of Python has 64 KiB of C stack."""
    if n == 0 or largest == 1:
        return 1
    count = partitions(n, largest - 1)
    if largest <= n:
        count += partitions(n - largest, largest)
    return count


def primes():
    composites = []
    for n in itertools.count(2):
        if composites and composites[0][0] == n:
            while composites[0][0] == n:
                heapq.heapreplace(composites, (n + composites[0][1], composites[0][1]))
        else:
            heapq.heappush(composites, (n * n, n))
            yield n


def main():
    entries = sorted(read("ledger.csv"))
    totals = defaultdict(Decimal)
    for entry in entries:
        totals[entry.account] += entry.amount
    report = {
        "arguments": sys.argv[1:],
        "totals": {account: str(total) for account, total in sorted(totals.items())},
        "first": asdict(entries[0]),
        "span": str(entries[-1].when - entries[0].when + timedelta(hours=36)),
        "words": Counter(re.findall(r"(?u)[^\W\d_]{4,}", " ".join(e.memo for e in entries))).most_common(3),
        "quoted": re.sub(r'"(?P<name>[^"]*)"', r"«\g<name>»", entries[2].memo),
        "stdev": round(statistics.stdev(map(float, (e.amount for e in entries))), 6),
    }
    text = json.dumps(report, ensure_ascii=False, indent=1, default=str)
    print(text)
    assert json.loads(text)["totals"] == report["totals"]

    getcontext().prec = 50
    print("sqrt 2  ", Decimal(2).sqrt())
    print("harmonic", sum((Fraction(1, n) for n in range(1, 31)), Fraction()))
    print("2**521-1", hashlib.sha256(str(2**521 - 1).encode()).hexdigest())
    print("partitions(20)", partitions(20, 20))
    print("primes  ", sum(itertools.islice(primes(), 3000)))
    print("floats  ", 0.1 + 0.2, 1e16 / 3, float("nan"), -0.0, 2.0**-1074, f"{3.14159:.3e}", struct.pack(">d", 1.5).hex())
    for name in ["md5", "sha1", "sha512", "sha3_256", "blake2b"]:
        print(f"{name:8}", hashlib.new(name, pathlib.Path("ledger.csv").read_bytes()).hexdigest())
    packed = zlib.compress(text.encode() * 50, 9)
    print("zlib    ", zlib.crc32(packed), zlib.decompress(packed) == text.encode() * 50)
    print(textwrap.fill("sandboxed " * 20, 60, subsequent_indent="  "))

    out = pathlib.Path("out")
    out.mkdir()
    (out / "report.json").write_text(text, encoding="utf-8")
    (out / "report.json").rename(out / "kept.json")
    print(sorted(p.name for p in out.iterdir()), (out / "kept.json").stat().st_size)
    try:
        open("/etc/passwd")
    except OSError as error:
        print("outside:", type(error).__name__)
    print([line.strip().upper() for line in sys.stdin])
    raise SystemExit(7)


main()
