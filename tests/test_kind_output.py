"""Output of programs that is of no other kind: told from prose; what matters in it comes first."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit_subsets import kind_of, units

from ctxc import compress
from ctxc.text import kinds
from ctxc.text.kinds import program_output
from ctxc.text.segment.lines import lines_of

SYNC = (
    "".join(
        f"sending /srv/data/part-{i:04d}.bin  {i * 7 % 90 + 1}.4MB  {i % 9 + 1}s\n"
        for i in range(120)
    )
    + "cannot write /mnt/backup/part-0120.bin: no space left on device\n"
    + "".join(f"skipping /srv/data/part-{i:04d}.bin\n" for i in range(121, 180))
    + "sent 4.2GB in 611s, 59 files skipped\n"
)
SETTINGS = "".join(
    f"{name:<28}: {value}\n"
    for name, value in [
        ("Identifier", "0x03"), ("Connector", "0x21 (copper pigtail)"), ("Encoding", "0x00"),
        ("Length (SMF)", "0m"), ("Vendor name", "Birch Optics"), ("Vendor rev", "C"),
        ("Passive Cu cmplnce.", "0x01"), ("Laser wavelength", "850nm"), ("Date code", "190322"),
    ]
)  # fmt: skip
NETWORK = """\
eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST> mtu 1500
        inet 10.0.4.17 netmask 255.255.240.0 broadcast 10.0.15.255
        ether 02:42:0a:00:04:11 txqueuelen 0
        RX packets 91844 bytes 201827441 (192.4 MiB)
        TX packets 60121 bytes 5110244 (4.8 MiB)
lo: flags=73<UP,LOOPBACK,RUNNING> mtu 65536
        inet 127.0.0.1 netmask 255.0.0.0
        inet6 ::1 prefixlen 128 scopeid 0x10
"""
SUMS = "".join(f"{i * 7919 % 65536} {i % 5 + 1} report-{i}.json\n" for i in range(12))
PROSE = {
    "English": "The ferry left the harbour late, and nobody on the pier seemed to mind it at all.\n",  # noqa: E501
    "German": "Die Fähre verließ den Hafen erst spät, und niemand am Kai schien sich daran zu stören.\n",  # noqa: E501
    "French": "Le bac quitta le port bien tard, et personne sur le quai ne parut s'en soucier.\n",
    "Russian": "Паром вышел из гавани поздно, и никто на пристани, казалось, этого не заметил.\n",
    "Greek": "Το πλοίο έφυγε αργά από το λιμάνι, και κανείς στην προβλήτα δεν το πρόσεξε.\n",
    "Chinese": "渡船很晚才离开港口，码头上似乎没有人在意这件事，海面十分平静。\n",
    "Japanese": "フェリーは遅れて港を出たが、桟橋にいた人は誰も気にしていないようだった。\n",
    "Thai": "เรือข้ามฟากออกจากท่าเรือช้ามากและไม่มีใครบนท่าเรือสนใจเรื่องนี้เลย\n",
    "Korean": "배는 늦게 항구를 떠났고 부두에 있던 사람들은 아무도 신경 쓰지 않는 것 같았다.\n",
}
LISTS = {
    "verse": "I walked the shore\nand counted sails,\nthe tide came in,\nthe light grew pale,\n"
    * 4,
    "shopping": "- two lemons\n- a loaf of bread\n- olive oil\n- salt\n- rice\n- tea\n- jam\n",
    "numbered": "1. Melt the butter.\n2. Add the flour.\n3. Stir.\n4. Wait.\n5. Serve.\n6. Eat.\n",
    "table": "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n| 7 | 8 |\n",
    "names": "Ada\nBirch\nCedar\nDora\nElm\nFern\nGrace\n",
    "specification": "渡船安全技术规范 GB/T 16483\n编制日期 04.07.2023 修订\n" * 2
    + PROSE["Chinese"] * 8,
}


def confidence(text: str) -> float:
    return program_output.detect(kinds.Passage(text, 0, len(text), lines_of(text, 0, len(text))))


@pytest.mark.parametrize(
    "text", [SYNC, SETTINGS, NETWORK, SUMS], ids=["sync", "keys", "net", "sums"]
)
def test_output_is_told(text: str) -> None:
    assert confidence(text) >= 0.5
    assert kind_of(text) in ("output", "table")


@pytest.mark.parametrize("language", sorted(PROSE))
def test_prose_is_not_output(language: str) -> None:
    assert confidence(PROSE[language] * 12) == 0.0


@pytest.mark.parametrize("name", sorted(LISTS))
def test_lists_and_verse_are_not_output(name: str) -> None:
    assert confidence(LISTS[name]) == 0.0


def test_the_documentation_is_not_output() -> None:
    folder = Path(kinds.__file__).parents[2] / "docs"
    pages = sorted(folder.glob("*.md"))
    assert pages
    assert [p.name for p in pages if confidence(p.read_text(encoding="utf-8"))] == []


def test_few_lines_are_not_told() -> None:
    assert confidence("sending /srv/a.bin 4MB\nsending /srv/b.bin 3MB\n") == 0.0


def test_the_failure_ranks_first_and_repeats_fold() -> None:
    segments = units(SYNC, "output")
    failure = next(s for s in segments if "no space left" in s.core(SYNC))
    assert failure.salience == max(s.salience for s in segments)
    assert failure.folds < 0
    assert sum(s.folds >= 0 for s in segments) > 150
    assert segments[-1].folds < 0  # what was sent in all


def test_the_failure_is_what_is_left_of_it() -> None:
    out = compress(SYNC, engine="lexical", ratio=20).text
    assert "no space left on device" in out
    assert "[… × " in out


def test_a_trace_in_it_is_kept_with_its_message() -> None:
    trace = (
        'Traceback (most recent call last):\n  File "/srv/sync.py", line 8, in send\n'
        "    target.write(block)\nOSError: [Errno 28] No space left on device\n"
    )
    text = SYNC.replace("cannot write /mnt/backup/part-0120.bin: no space left on device\n", trace)
    out = compress(text, engine="lexical", ratio=12).text
    assert "OSError: [Errno 28]" in out


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.integers(0, 400))
def test_tiles_any_text(noise: str, at: int) -> None:
    text = SYNC[:at] + noise + NETWORK
    segments = units(text, "output")
    assert "".join(text[s.start : s.end] for s in segments) == text
