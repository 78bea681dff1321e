"""CSV and aligned columns: rows under their header, the odd row first."""

from __future__ import annotations

import csv
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_data import key, scalar
from unit_subsets import closure, kind_of, random_subset, units, write

from ctxc.text.kinds import table
from ctxc.text.segment.lines import lines_of

ORDERS = "order,customer,amount,status\n" + "".join(
    f"ZX-{i},{('Birch', 'Cedar')[i % 2]},{20 + i}.5,{'disputed' if i == 17 else 'settled'}\n"
    for i in range(40)
)
PODS = """\
NAME                     READY   STATUS             RESTARTS      AGE
api-7d4b9c6f5-2xkqp      1/1     Running            0             12d
api-7d4b9c6f5-9mzwt      1/1     Running            0             12d
worker-5f6d8b7c9-k4jhl   0/1     CrashLoopBackOff   214 (2m ago)  3d4h
worker-5f6d8b7c9-p8rtn   1/1     Running            0             3d4h
"""
PS = """\
USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
root           1  0.0  0.1 167744 11856 ?        Ss   Mar02   0:09 /sbin/init
root           2  0.0  0.0      0     0 ?        S    Mar02   0:00 [kthreadd]
www-data    1402  0.0  0.3 214404 31220 ?        S    Mar02   1:12 nginx: worker process
www-data    1403  0.1  0.3 214404 31008 ?        S    Mar02   1:10 nginx: worker process
postgres    1533 98.7  4.1 386612 330120 ?       R    09:14 412:55 postgres: writer
ada         2210  0.0  0.0      0     0 ?        Z    09:20   0:00 [sh] <defunct>
"""
DF = """\
Filesystem     1K-blocks      Used Available Use% Mounted on
udev             8107520         0   8107520   0% /dev
/dev/sda1      102687672  98651280         0 100% /
tmpfs            8139320     12800   8126520   1% /run
/dev/sdb1      515928320 120459264 369190912  25% /srv
"""
LS = """\
total 96
drwxr-xr-x  4 ada staff  4096 Mar  3 09:12 docs
-rw-r--r--  1 ada staff   412 Mar  1 08:00 LICENSE
-rw-r--r--  1 ada staff  1833 Mar  9 17:45 README
-rw-r--r--  1 ada staff   633 Mar  2 10:30 setup.cfg
-rwsr-xr-x  1 root root 54256 Feb 11 03:10 passwd
-rw-r--r--  1 ada staff    98 Mar  4 11:11 tox.ini
-rw-r--r--  1 ada staff   120 Mar  4 11:12 uv.lock
"""
PSQL = """\
 id | name  | state
----+-------+--------
  1 | alpha | ready
  2 | beta  | ready
  3 | gamma | failed
(3 rows)
"""
SQLITE = """\
id  name   state
--  -----  ------
1   alpha  ready
2   beta   ready
"""
MYSQL = """\
+----+-------+
| id | name  |
+----+-------+
|  1 | alpha |
|  2 | beta  |
+----+-------+
"""


def salient(text: str, kind: str, least: float = 3) -> list[str]:
    return [s.core(text) for s in units(text, kind) if s.salience >= least]


def test_csv_rows_need_their_header_and_the_odd_row_comes_first() -> None:
    assert kind_of(ORDERS) == "csv"
    segments = units(ORDERS, "csv")
    assert [s.needs for s in segments] == [-1] + [0] * 40
    assert salient(ORDERS, "csv", 4) == ["ZX-17,Cedar,37.5,disputed"]
    assert segments[5].folds == 1  # the same but for its number and its amount
    assert segments[18].folds == -1


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_quoted_fields_over_lines_are_whole(delimiter: str) -> None:
    rows = [["id", "note", "n"], ["1", 'two\n\nlines, "so"', "5"], ["2", "a;b\tc", "6"]] + [
        [str(i), "x", "7"] for i in range(3, 9)
    ]
    text = _csv(rows, delimiter)
    assert kind_of(text, "a.tsv" if delimiter == "\t" else "a.csv") == "csv"
    segments = units(text, "csv")
    assert len(segments) == len(rows)
    assert list(csv.reader([segments[1].core(text)], delimiter=delimiter))


def _csv(rows: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    text = 'a,b\n1,"x\n2,y\n3,z\n'
    assert [s.core(text) for s in units(text, "csv")] == ["a,b", '1,"x', "2,y", "3,z"]


def test_a_thousand_random_tables_are_subsets_at_random_cuts() -> None:
    for seed in range(1000):
        rng = random.Random(seed)
        columns = rng.randrange(2, 6)
        rows = [[key(rng) for _ in range(columns)]] + [
            [str(scalar(rng)) for _ in range(columns)] for _ in range(rng.randrange(1, 12))
        ]
        text = _csv(rows, rng.choice(",;\t"))
        segments = units(text, "csv", "a.csv")
        delimiter = next(d for d in ",;\t" if text.split("\n")[0].count(d) == columns - 1)
        left = list(
            csv.reader(io.StringIO(random_subset(text, segments, rng)), delimiter=delimiter)
        )
        rest = iter(rows)
        assert left[0] == rows[0] and all(row in rest for row in left), text


@pytest.mark.parametrize("text", [PODS, PS, DF, LS, PSQL, SQLITE, MYSQL])
def test_what_is_a_table(text: str) -> None:
    assert kind_of(text) == "table"
    segments = units(text, "table")
    assert len(segments) == len(text.splitlines())


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        (PODS, ["worker-5f6d8b7c9-k4jhl   0/1     CrashLoopBackOff   214 (2m ago)  3d4h"]),
        (PSQL, ["  3 | gamma | failed", "(3 rows)"]),
        (DF, ["/dev/sda1      102687672  98651280         0 100% /"]),
    ],
)
def test_the_odd_row_of_a_table(text: str, odd: list[str]) -> None:
    assert salient(text, "table") == odd
    segments = units(text, "table")
    (first, *_) = [i for i, s in enumerate(segments) if s.salience >= 3]
    left = write(text, segments, closure(segments, {first})).splitlines()
    assert left[0] == text.splitlines()[0] and left[-1] == odd[0]


def test_processes_that_differ() -> None:
    odd = " ".join(salient(PS, "table"))
    assert "<defunct>" in odd and "nginx" not in odd


def test_a_ruler_comes_with_its_header() -> None:
    segments = units(MYSQL, "table")
    left = write(MYSQL, segments, closure(segments, {4}))
    assert left == "\n".join([*MYSQL.splitlines()[:3], "|  2 | beta  |"]) or "beta" in left
    assert left.splitlines()[:3] == MYSQL.splitlines()[:3]


def test_a_table_inside_other_text() -> None:
    text = f"These are the pods:\n\n{PODS}\nOne of them does not start. Look at its log.\n"
    assert table.blocks(lines_of(text, 0, len(text))) == [(2, 7)]


@pytest.mark.parametrize(
    "text",
    [
        "The cat sat on the mat, the dog lay down,\nand the bird, which sang, flew away,\n" * 3,
        "One morning, when the sun rose, she left.\nShe took a bag, a hat, and a map.\n" * 4,
        "Roses are red,\nViolets are blue,\nSugar is sweet,\nAnd so are you.\n",
        "- milk\n- bread\n- eggs\n- butter\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "Mar  3 09:12:01 host sshd[12]: Failed password\n" * 9,
        "2026-01-02 10:00:00 INFO  started\n2026-01-02 10:00:01 WARN  slow\n" * 5,
        "def f(a, b):\n    return a, b\n\n\nclass C:\n    x = 1, 2, 3\n    y = 4, 5, 6\n",
        "1. First, second, third\n2. Fourth, fifth, sixth\n3. One, two, three\n4. A, b, c\n",
        "Ann: hello, dear, friend\nBob: yes, well, no\nAnn: ah, oh, hm\nBob: a, b, c\n",
    ],
)
def test_what_is_neither(text: str) -> None:
    assert kind_of(text) not in ("csv", "table")
    assert not table.blocks(lines_of(text, 0, len(text)))


@settings(deadline=None)
@given(st.text(alphabet='ab1,;\t|"- \n', max_size=150))
def test_any_text_is_tiled(text: str) -> None:
    kind_of(text)
    for kind in ("csv", "table") if text.strip() else ():
        units(text, kind)


@settings(deadline=None)
@given(st.sampled_from([PODS, PS, DF, PSQL, ORDERS]), st.integers(0, 400), st.integers(0, 60))
def test_mutated_tables_are_tiled(text: str, at: int, cut: int) -> None:
    text = text[:at] + text[at + cut :]
    for kind in ("csv", "table") if text.strip() else ():
        units(text, kind)
