"""Configuration: who wins, what a project may not say, and errors that name the file."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ctxc import config
from ctxc.budget import Rate, Tokens
from ctxc.cli import answer, check, distill, lingua, stats
from ctxc.errors import ConfigError

COMMANDS = {
    "answer": answer.answer,
    "check": check.check,
    "distill": distill.distill,
    "lingua": lingua.lingua,
    "stats": stats.stats,
}
TEXT = "One pump failed on Monday. Nobody was hurt. The invoice is 4711. It rained.\n" * 30


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.parametrize("keys", [config.PROJECT, config.USER], ids=["project", "user"])
def test_every_key_is_an_option(command: str, keys: dict[str, dict[str, str]]) -> None:
    options = set(inspect.signature(COMMANDS[command]).parameters) | {"ignore"}
    assert {key.replace("-", "_") for key in keys[command]} <= options


def test_the_project_wins_over_the_user(tmp_path: Path) -> None:
    user = write(
        tmp_path / "config.toml",
        'threads = 3\nignore = ["*.log"]\n[lingua]\nratio = 2\nengine = "random"\n',
    )
    project = write(
        tmp_path / "p/pyproject.toml",
        '[tool.ctxc]\nignore = ["drafts/"]\n[tool.ctxc.lingua]\ntokens = 300\n',
    )
    both = config.read(project, user)
    assert both.budget("lingua", Rate(0.5)) == Tokens(300)
    assert both.budget("distill", Rate(0.5)) == Rate(0.5)
    assert both.defaults["lingua"] == {"threads": 3, "engine": "random"}
    assert both.ignore("lingua") == ("!*.log", "!drafts/")
    assert config.read(None, None) == config.Config()


def test_shared_keys_reach_every_command_that_has_them(tmp_path: Path) -> None:
    project = write(
        tmp_path / "pyproject.toml",
        '[tool.ctxc]\ntokenizer = "cl100k_base"\n[tool.ctxc.distill]\ntokenizer = "o200k_base"\n',
    )
    read = config.read(project, None).defaults
    assert read["lingua"]["tokenizer"] == read["check"]["tokenizer"] == "cl100k_base"
    assert read["distill"]["tokenizer"] == "o200k_base"
    assert read["stats"]["tokenizer"] == ["cl100k_base"]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[tool.ctxc]\ntokeniser = 'x'", "there is no key tool.ctxc.tokeniser", "tokenizer"),
        ("[tool.ctxc.lingua]\nratoi = 4", "there is no key tool.ctxc.lingua.ratoi", "ratio?"),
        ("[tool.ctxc.linuga]\nratio = 4", "there is no key tool.ctxc.linuga", "lingua?"),
        ("[tool.ctxc.lingua]\nratio = '4'", "takes a number, not '4'", ""),
        ("[tool.ctxc.lingua]\nratio = true", "takes a number, not True", ""),
        ("[tool.ctxc.lingua]\nratio = 0.5", "cannot be under 1", "--ratio 4"),
        ("[tool.ctxc.lingua]\nratio = 2\ntokens = 9", "contradict each other", "one of them"),
        ("[tool.ctxc]\nignore = 'drafts'", "takes strings", ""),
        ("[tool.ctxc]\nlingua = 3", "lingua is no table", "[tool.ctxc.lingua]"),
        ("[tool]\nctxc = 3", "[tool.ctxc] is no table", ""),
        ("[tool.ctxc]\nmodel = 'x.gguf'", "is for a user to decide", "--model"),
        ("[tool.ctxc]\nno-store = true", "is for a user to decide", "--no-store"),
        ("[tool.ctxc.lingua]\nthreads = 64", "is for a user to decide", "--threads"),
        ("[tool.ctxc.check]\nbaseline = '../b.json'", "is outside the project", ""),
        ("[tool.ctxc.check]\nbaseline = '/etc/b.json'", "is outside the project", ""),
        ("[tool.ctxc]\ntokenizer = 'gguf:/m.gguf'", "is for a user to name", ""),
        ("[tool.ctxc\n", "is not TOML", ""),
    ],
)
def test_what_a_project_may_not_say(tmp_path: Path, text: str, message: str, hint: str) -> None:
    path = write(tmp_path / "pyproject.toml", text)
    with pytest.raises(ConfigError) as raised:
        config.read(path, None)
    assert message in raised.value.message and str(path) in raised.value.message
    assert hint in raised.value.hint
    assert raised.value.exit_code == 2


def test_a_project_does_not_choose_who_reads(tmp_path: Path) -> None:
    """A cloned folder must not send a user's documents to a server, nor to a dearer one."""
    for key in ("reader", "escalate"):
        text = f"[tool.ctxc.answer]\ntokens = 900\n{key} = 'openai:m'\n"
        path = write(tmp_path / "pyproject.toml", text)
        with pytest.raises(ConfigError, match="is for a user to decide"):
            config.read(path, None)
        mine = config.read(None, write(tmp_path / "c.toml", text.replace("tool.ctxc.", "")))
        assert mine.budget("answer", Rate(0.5)) == Tokens(900)
        assert mine.defaults["answer"] == {key: "openai:m"}


def test_a_path_through_a_link_is_outside_too(tmp_path: Path) -> None:
    path = write(tmp_path / "p/pyproject.toml", "[tool.ctxc.check]\nbaseline = 'link/b.json'\n")
    (tmp_path / "p/link").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match="outside the project"):
        config.read(path, None)


def test_a_baseline_lies_in_the_project_wherever_one_stands(tmp_path: Path) -> None:
    path = write(tmp_path / "pyproject.toml", "[tool.ctxc.check]\nbaseline = 'b.json'\n")
    assert config.read(path, None).defaults["check"]["baseline"] == str(tmp_path / "b.json")


def test_other_tools_are_none_of_ours(tmp_path: Path) -> None:
    path = write(tmp_path / "pyproject.toml", "[tool.ruff]\nline-length = 3\n[project]\nname='x'\n")
    assert config.read(path, None).defaults.get("lingua", {}) == {}


def test_the_nearest_project_file_counts(tmp_path: Path) -> None:
    outer = write(tmp_path / "pyproject.toml", "")
    (tmp_path / "a/b").mkdir(parents=True)
    assert config.project_file(tmp_path / "a/b") == outer
    inner = write(tmp_path / "a/pyproject.toml", "")
    assert config.project_file(tmp_path / "a/b") == inner


def test_a_configuration_that_is_named_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTXC_CONFIG", "/no/such/config.toml")
    with pytest.raises(ConfigError, match="CTXC_CONFIG names /no/such/config"):
        config.user_file()


class TestCommandLine:
    """Through the real program, in a project of its own."""

    @pytest.fixture(autouse=True)
    def project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.chdir(tmp_path)
        write(tmp_path / "a.txt", TEXT)
        return tmp_path

    @staticmethod
    def ctxc(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ctxc", *arguments],
            capture_output=True,
            text=True,
            env=os.environ | variables,
        )

    def test_flag_over_variable_over_project_over_user_over_default(self, project: Path) -> None:
        run = ("lingua", "a.txt", "--engine", "truncate", "--ratio", "3")
        user = write(project / "user.toml", 'tokenizer = "gguf:/user"\n')
        env = {"CTXC_CONFIG": str(user)}
        assert "gguf:/user" not in self.ctxc(*run).stderr
        assert "/user" in self.ctxc(*run, **env).stderr
        write(project / "pyproject.toml", '[tool.ctxc]\ntokenizer = "cl100k_base"\n')
        assert "(cl100k_base)" in self.ctxc(*run, **env).stderr
        env["CTXC_TOKENIZER"] = "o200k_base"
        assert "(o200k_base)" in self.ctxc(*run, **env).stderr
        assert "(cl100k_base)" in self.ctxc(*run, "--tokenizer", "cl100k_base", **env).stderr

    def test_a_flag_replaces_the_budget_of_the_project(self, project: Path) -> None:
        write(project / "pyproject.toml", "[tool.ctxc.lingua]\nratio = 4\nengine = 'truncate'\n")
        assert "budget rate 0.25" in self.ctxc("lingua", "a.txt").stderr
        assert "budget 20 tokens" in self.ctxc("lingua", "a.txt", "--tokens", "20").stderr

    def test_ignored_by_the_project(self, project: Path) -> None:
        write(project / "pyproject.toml", "[tool.ctxc]\nignore = ['drafts/']\n")
        write(project / "docs/a.md", TEXT)
        write(project / "docs/drafts/b.md", TEXT)
        assert self.ctxc("check", "docs", "--max-tokens", "10").stdout.count("docs/") == 1

    def test_a_broken_file_stops_commands_that_need_it_and_no_other(self, project: Path) -> None:
        write(project / "pyproject.toml", "[tool.ctxc]\nnonsense = 1\n")
        ran = self.ctxc("lingua", "a.txt", "--engine", "truncate")
        assert ran.returncode == 2 and ran.stdout == ""
        assert f"ctxc: {project}/pyproject.toml: there is no key tool.ctxc.nonsense" in ran.stderr
        for harmless in (["--help"], ["--version"], ["lingua", "--help"], ["cache"]):
            assert self.ctxc(*harmless).returncode == 0

    def test_completion_can_be_installed(self, project: Path) -> None:
        shown = self.ctxc(
            "--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"
        )
        assert shown.returncode == 0 and "complete" in shown.stdout
        asked = {"_CTXC_COMPLETE": "complete_bash", "COMP_WORDS": "ctxc lin", "COMP_CWORD": "1"}
        code = "import sys; sys.argv[0] = 'ctxc'; from ctxc.cli import main; main()"
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | asked
        )
        assert ran.stdout.strip() == "lingua"


def test_stats_takes_prices_from_the_users_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[stats]\nprice = "2,2.5,0.1"\nrequests = 20\nhit-share = 0.5\n')
    ran = subprocess.run(
        [sys.executable, "-m", "ctxc", "stats", "--context-tokens", "10000", "--ratio", "4"],
        env={**os.environ, "CTXC_CONFIG": str(file)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert "2 input, 2.5 cache write, 0.1 cache read" in ran.stdout
    assert "20 requests, 50% of them" in ran.stdout
