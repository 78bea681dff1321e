"""Diffs: commits over files over hunks over changes, with their context."""

from __future__ import annotations

import random

from code_kinds import assert_tiles, confidence, heads, told, units, with_piece
from hypothesis import given, settings
from hypothesis import strategies as st

CHANGE = """\
diff --git a/app/limits.py b/app/limits.py
index 91c2f0a..7be44d1 100644
--- a/app/limits.py
+++ b/app/limits.py
@@ -10,9 +10,9 @@ from app import config
 DEFAULT_QUOTA = 100
 
 
 def quota_for(user):
-    if user.is_trial:
-        return 10
+    if user.is_suspended:
+        return 0
     return user.plan.quota or DEFAULT_QUOTA
 
 
@@ -40,4 +40,3 @@ def reset(user):
 select 1
--- a comment of SQL
 select 2
 select 3
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git a/logo.png b/logo.png
index 44de0b2..a0c9e1f 100644
Binary files a/logo.png and b/logo.png differ
"""

LOG = (
    """\
commit 5ef6fc921cf8793f1e7052f9f33fd792e027933a (HEAD -> main)
Author: Ada <ada@example.org>
Date:   Wed Nov 25 02:11:00 2026 +0000

    Quotas of suspended users

    Since the pricing change they share the default.

---
 app/limits.py | 6 +++---
 1 file changed, 3 insertions(+), 3 deletions(-)

"""
    + CHANGE
    + """
commit 0b425d0aa0b425d0aa0b425d0aa0b425d0aa1234
Merge: 5ef6fc9 d607e08
Author: Ben <ben@example.org>
Date:   Tue Nov 24 09:00:00 2026 +0000

    Merge branch 'x'

diff --cc app/mailer.py
index 44de0b2,a0c9e1f..1234567
--- a/app/mailer.py
+++ b/app/mailer.py
@@@ -1,3 -1,3 +1,4 @@@
  import queue
 -timeout = 5
 +timeout = 30
++retries = 3
  last = True
"""
)

PATCH = """\
From 5ef6fc921cf8793f1e7052f9f33fd792e027933a Mon Sep 17 00:00:00 2001
From: Ada <ada@example.org>
Date: Wed, 25 Nov 2026 02:11:00 +0000
Subject: [PATCH] Quotas

Because.
---
 a.txt | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/a.txt b/a.txt
--- a/a.txt
+++ b/a.txt
@@ -1 +1 @@
-one
+two
-- 
2.39.0
"""

PROSE = "The meeting began at ten.\n\n--- \n\n+ a list\n- of things\n@ noon we had lunch.\n" * 20


def test_told_by_its_lines_with_or_without_a_name() -> None:
    for text in (CHANGE, LOG, PATCH, CHANGE.replace("\n", "\r\n")):
        assert {s.text_kind for s in told(text)} == {"diff"}
    plain = "--- old.txt\n+++ new.txt\n@@ -1 +1 @@\n-a\n+b\n"
    assert confidence(plain, "diff") >= 0.8


def test_other_texts_are_none() -> None:
    yaml = "---\na: 1\n---\nb: 2\n"
    for text in (PROSE, yaml, "commit to it: we will.\n" * 5, "+ one\n- two\n" * 30, "", "\n\n"):
        assert confidence(text, "diff") == 0.0


def test_a_change_stands_under_hunk_file_and_commit() -> None:
    parts = units(LOG, "diff")
    hunk, file, commit = heads(LOG, parts, "+    if user.is_suspended")
    assert hunk.startswith("@@ -10,9") and file.startswith("diff --git a/app/limits.py")
    assert commit.startswith("commit 5ef6fc9")
    assert "Quotas of suspended users" in with_piece(LOG, parts, "commit 5ef6fc9").core(LOG)
    assert heads(LOG, parts, "rename from")[0].startswith("commit 5ef6")


def test_both_sides_are_one_unit_and_context_stands_below_it() -> None:
    parts = units(CHANGE, "diff")
    change = with_piece(CHANGE, parts, "is_trial")
    assert "is_suspended" in change.core(CHANGE) and change.kind == "change"
    assert heads(CHANGE, parts, "def quota_for")[0] == "-    if user.is_trial:"
    context = with_piece(CHANGE, parts, "def quota_for")
    assert context.salience < change.salience


def test_a_removed_line_of_dashes_is_no_file() -> None:
    parts = units(CHANGE, "diff")
    assert heads(CHANGE, parts, "--- a comment of SQL")[0].startswith("@@ -40,4")
    assert heads(CHANGE, parts, " select 3")[0].startswith("--- a comment")


def test_renames_and_binary_files_are_units_of_their_own() -> None:
    parts = units(CHANGE, "diff")
    rename = with_piece(CHANGE, parts, "rename from")
    assert rename.core(CHANGE).startswith("diff --git a/old name") and rename.needs == -1
    assert "Binary files" in with_piece(CHANGE, parts, "a/logo.png").core(CHANGE)


def test_a_merge_has_its_own_hunks() -> None:
    parts = units(LOG, "diff")
    hunk, file, commit = heads(LOG, parts, "++retries = 3")
    assert hunk.startswith("@@@") and file.startswith("diff --cc")
    assert commit.startswith("commit 0b425d0")
    assert "-timeout = 5" in with_piece(LOG, parts, "++retries = 3").core(LOG)


def test_a_mailed_patch_and_its_statistics() -> None:
    parts = units(PATCH, "diff")
    assert heads(PATCH, parts, "-one")[2].startswith("From 5ef6")
    total = with_piece(PATCH, parts, "1 file changed")
    assert total.salience >= 4 and total.kind == "verdict"
    assert "Subject: [PATCH]" in with_piece(PATCH, parts, "From: Ada").core(PATCH)


def test_a_large_change_ties_each_side_to_the_other() -> None:
    old = "".join(f"-old line {i}\n" for i in range(60))
    new = "".join(f"+new line {i}\n" for i in range(60))
    text = f"--- a/x.py\n+++ b/x.py\n@@ -1,60 +1,60 @@\n{old}{new}"
    parts = units(text, "diff")
    changes = [s for s in parts if s.kind == "change"]
    assert all(s.refers for s in changes) and len(changes) >= 10
    last = with_piece(text, parts, "-old line 59")
    assert "new line 59" in parts[last.refers[0]].core(text)


def test_a_new_file_opens_at_blank_lines() -> None:
    body = "".join(f"+def f{i}():\n+    return {i}\n+\n" for i in range(40))
    text = f"--- /dev/null\n+++ b/new.py\n@@ -0,0 +1,120 @@\n{body}"
    changes = [s for s in units(text, "diff") if s.kind == "change"]
    assert len(changes) >= 10
    assert all(s.core(text).startswith("+def") for s in changes)


def test_generated_files_are_worth_less() -> None:
    lock = CHANGE.replace("app/limits.py", "package-lock.json")
    assert max(s.salience for s in units(lock, "diff")[:5]) < max(
        s.salience for s in units(CHANGE, "diff")[:5]
    )


def test_found_inside_other_text() -> None:
    text = f"Dear all,\n\nplease look at this:\n\n{CHANGE}\nBest regards\nAda\n" + PROSE
    parts = told(text)
    assert with_piece(text, parts, "user.is_suspended").text_kind == "diff"
    assert with_piece(text, parts, "Best regards").text_kind == ""


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from((CHANGE, LOG, PATCH)))
def test_tiles_whatever_is_broken(seed: int, text: str) -> None:
    rng = random.Random(seed)
    lines = text.splitlines(keepends=True)
    for _ in range(rng.randint(0, 8)):
        at = rng.randrange(len(lines))
        lines[at : at + rng.randint(0, 3)] = rng.choices([*lines, "\n", "@@", "+", "--- \n"], k=1)
        lines = lines or ["\n"]
    mutated = "".join(lines)[: rng.randint(1, len(text))]
    units(mutated, "diff")
    confidence(mutated, "diff")
    assert_tiles(mutated, told(mutated))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="+-@ \n\r\t\\abdiff1,", max_size=200))
def test_tiles_any_text(text: str) -> None:
    if text:
        units(text, "diff")
        confidence(text, "diff")
