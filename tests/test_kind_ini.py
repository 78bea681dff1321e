"""Settings in INI, ``.env`` and properties: keys under their sections, readable by a parser."""

from __future__ import annotations

import configparser
import random

import ctxc
from ctxc.document import Document
from ctxc.text.segment import segments

SECTIONS = {
    f"part{i}": {"enabled": "true", "workers": str(i % 5), "log": f"/var/log/{i}"}
    for i in range(25)
} | {"mail": {"host": "smtp.example.org", "port": "2525"}}


def _ini() -> str:
    return "".join(
        f"\n[{name}]\n# settings of {name}\n" + "".join(f"{k} = {v}\n" for k, v in keys.items())
        for name, keys in SECTIONS.items()
    )


def test_a_key_stands_under_its_section() -> None:
    text = ctxc.compress(_ini(), question="On which port is mail sent?", ratio=10).text
    parser = configparser.ConfigParser()
    parser.read_string(text)
    assert parser["mail"]["port"] == "2525"


def test_what_is_kept_parses_and_is_a_subset_at_any_budget() -> None:
    drawn = random.Random(3)
    for _ in range(40):
        text = ctxc.compress(_ini(), tokens=drawn.randrange(20, 400)).text
        parser = configparser.ConfigParser()
        parser.read_string(text)
        for name in parser.sections():
            assert dict(parser[name]).items() <= SECTIONS[name].items()


def test_assignments_without_a_section_are_settings_and_code_is_not() -> None:
    env = "".join(f"APP_OPTION_{i}=value{i}\n" for i in range(20))
    code = "".join(f"x{i} = load({i});\n" for i in range(20))
    kinds = [{s.text_kind for s in segments(Document(text=t, source="-"))} for t in (env, code)]
    assert kinds[0] == {"ini"} and "ini" not in kinds[1]
