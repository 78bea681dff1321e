"""Many failures in a small budget: every name, then messages, then values, then frames."""

from __future__ import annotations

import json

from unit_subsets import units

from ctxc import compress

MOCHA = (
    "  queue\n" + "".join(f"    {i}) does {i} jobs\n" for i in range(1, 13)) + "\n  12 failing\n\n"
)
MOCHA += "".join(
    f"  {i}) queue\n       does {i} jobs:\n\n      AssertionError: expected {i} to equal 0\n"
    f"      at Object.toBe (test/queue.test.js:{i}:46)\n"
    f"      at Context.<anonymous> (test/queue.test.js:{i}:146)\n\n"
    for i in range(1, 13)
)


def test_a_name_of_two_lines_is_one_piece() -> None:
    segments = units(MOCHA, "tests")
    assert "  3) queue\n       does 3 jobs:" in [s.core(MOCHA) for s in segments]


def test_names_outrank_messages_and_messages_outrank_frames() -> None:
    worth = {s.core(MOCHA): s.salience for s in units(MOCHA, "tests")}
    name = worth["  3) queue\n       does 3 jobs:"]
    message = worth["      AssertionError: expected 3 to equal 0"]
    frame = worth["      at Object.toBe (test/queue.test.js:3:46)"]
    assert name > message > frame


def test_every_name_is_there_before_any_frame() -> None:
    out = compress(MOCHA, engine="lexical", ratio=4).text
    assert all(f"does {i} jobs" in out for i in range(1, 13))


def test_what_a_failed_go_test_printed_is_kept_of_its_events() -> None:
    events = []
    for i in range(120):
        name = f"TestShare/{i}"
        bad = i == 77
        rows = [("run", ""), ("output", f"=== RUN   {name}\n")]
        rows += [("output", f"    share_test.go:9: Share({i}) = 3032, want 3031\n")] if bad else []
        rows += [("fail" if bad else "pass", "")]
        for action, output in rows:
            event = {"Action": action, "Package": "example.com/ledger", "Test": name}
            events.append(json.dumps(event | ({"Output": output} if output else {})))
    text = "\n".join(events)
    out = compress(text, question="Which test failed, and with what?", engine="lexical", ratio=20)
    kept = [json.loads(line) for line in out.text.splitlines()]
    assert any("want 3031" in e.get("Output", "") for e in kept)
    assert any(e.get("Action") == "fail" and e.get("Test") == "TestShare/77" for e in kept)
