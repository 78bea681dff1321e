"""Programming languages: their grammars, their files, and how one is told without a name.

A grammar is imported when code of its language is cut, and never before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Tree


@dataclass(frozen=True, slots=True)
class Language:
    """``module.function()`` is the grammar; ``names`` are suffixes and what fences call it.

    ``ascii_only``: its scanner looks characters up in a table of 256, and reads beyond it.
    """

    module: str
    function: str
    names: str
    ascii_only: bool = False


LANGUAGES: dict[str, Language] = {
    "python": Language("tree_sitter_python", "language", "py pyi pyw python python3"),
    "javascript": Language(
        "tree_sitter_javascript", "language", "js jsx mjs cjs javascript node ecmascript"
    ),
    "typescript": Language(
        "tree_sitter_typescript", "language_typescript", "ts mts cts typescript"
    ),
    "tsx": Language("tree_sitter_typescript", "language_tsx", "tsx"),
    "java": Language("tree_sitter_java", "language", "java"),
    "go": Language("tree_sitter_go", "language", "go golang"),
    "rust": Language("tree_sitter_rust", "language", "rs rust"),
    "c": Language("tree_sitter_c", "language", "c h"),
    "cpp": Language("tree_sitter_cpp", "language", "cc cpp cxx hpp hh hxx c++ h++"),
    "csharp": Language("tree_sitter_c_sharp", "language", "cs csharp c#"),
    "ruby": Language("tree_sitter_ruby", "language", "rb rake gemspec ruby"),
    "php": Language("tree_sitter_php", "language_php", "php"),
    "bash": Language("tree_sitter_bash", "language", "sh bash zsh ksh shell", True),
    "sql": Language("tree_sitter_sql", "language", "sql postgresql mysql sqlite"),
}

BY_NAME = {name: key for key, language in LANGUAGES.items() for name in language.names.split()}

_SHEBANG = re.compile(
    r"#!\s*\S*?/(?:env\s+(?:-S\s+)?)?(python|node|deno|ruby|php|bash|zsh|ksh|sh)\b"
)
_CPP = re.compile(
    r"^\s*(?:class|namespace|template|using|public:|private:)\b|\bstd::", re.MULTILINE
)

_SIGNS: dict[str, tuple[str, ...]] = {
    "python": (
        r"(?:from [\w.]+ import |import [\w.]+(?: as \w+)?\s*$)",
        r"\s*(?:async )?def \w+\s*\(",
        r"class \w+(?:\(.*\))?:\s*$",
        r"@[\w.]+(?:\(.*\))?\s*$",
        r"if __name__ ==",
        r"\s+(?:if|for|while|with|elif|except|else|try)\b.*:\s*(?:#.*)?$",
        r"\s+(?:return|raise|yield|self\.\w+)\b",
        r"\s*[\w.]+(?: = \S|\(.*\)\s*$)",
    ),
    "javascript": (
        r"import .* from ['\"].*['\"];?\s*$|(?:const|let|var) .*\brequire\(",
        r"(?:export (?:default )?)?(?:async )?function\*? \w*\s*\(",
        r"\s*(?:export )?(?:const|let|var) [\w{\[][^=]*=",
        r".*=>\s*[{(]?",
        r"(?:module\.)?exports\b|export (?:default|const|class|\{)",
        r"\s*(?:\}|\}\)|\]\));?\s*$",
        r"\s+(?:return|await|throw)\b.*;\s*$",
    ),
    "typescript": (
        r"import (?:type )?.* from ['\"].*['\"];?\s*$",
        r"(?:export )?(?:interface|type|enum|declare) \w+",
        r".*[\w)\]?]:\s*(?:string|number|boolean|void|any|unknown|Promise<|Array<|Record<)",
        r"\s*(?:public|private|protected|readonly) \w+.*[;{(]",
        r"\s*(?:export )?(?:const|let|async function|function|class) ",
        r"\s*(?:\}|\}\)|\]\));?\s*$",
    ),
    "java": (
        r"package [\w.]+;",
        r"import (?:static )?[\w.]+(?:\.\*)?;\s*$",
        r"\s*(?:public|private|protected)(?: \w+)* (?:class|interface|enum|record) \w+",
        r"\s*(?:public|private|protected|static|final)\b.*[;{)]\s*$",
        r"\s*@(?:Override|Test|Autowired|Deprecated|Inject|Bean)\b",
        r"\s*\}\s*$",
    ),
    "go": (
        r"package \w+\s*$",
        r"import (?:\(|\")",
        r"func (?:\(\w+ \*?[\w.]+\) )?\w+\(",
        r"type \w+ (?:struct|interface|func)\b",
        r".*\w :?= |\s*if err != nil \{",
        r"\}\s*$",
    ),
    "rust": (
        r"\s*(?:pub(?:\(\w+\))? )?use [\w:{}, *]+;",
        r"\s*(?:pub(?:\(\w+\))? )?(?:async )?(?:unsafe )?fn \w+",
        r"\s*(?:pub )?(?:struct|enum|trait|mod) \w+",
        r"impl(?:<.*>)? ",
        r"\s*#!?\[\w+.*\]",
        r"\s*let (?:mut )?\w+",
    ),
    "c": (
        r"#\s*include\s*[<\"]",
        r"#\s*(?:define|ifndef|ifdef|pragma)\b",
        r"(?:static |const |unsigned |extern |inline )*(?:int|void|char|long|double|float|bool|"
        r"size_t|struct \w+)\b[ *]+\w+\s*[(;=\[]",
        r"(?:typedef )?(?:struct|enum|union)\b.*[{;]\s*$",
        r"\s+(?:return|if|for|while|switch)\b.*[;{)]\s*$",
        r"\};?\s*$",
    ),
    "csharp": (
        r"using (?:static )?[\w.]+;",
        r"namespace [\w.]+",
        r"\s*(?:public|internal|private|protected)(?: \w+)* "
        r"(?:class|interface|enum|record|struct) \w+",
        r"\s*(?:public|private|protected|internal|static)\b.*[;{)]\s*$",
        r".*\{ get;",
        r"\s*\}\s*$",
    ),
    "ruby": (
        r"require(?:_relative)? ['\"]",
        r"\s*def (?:self\.)?\w+[?!]?",
        r"\s*(?:class|module) [A-Z]\w*",
        r"\s*end\s*$",
        r".*\bdo(?: \|.*\|)?\s*$",
        r"\s+attr_\w+ :",
    ),
    "php": (r"<\?php\b", r"\s*\$\w+\s*=", r"\s*(?:public |private )?function \w+\("),
    "bash": (
        r"\s*(?:fi|done|esac)\b",
        r"\s*(?:if|while|until) .*(?:\[|;\s*then|;\s*do)",
        r"\s*for \w+ in\b.*",
        r"(?:function )?[\w-]+\s*\(\)\s*\{?\s*$",
        r"\s*(?:set -[eux]|export \w+=|local \w+|readonly \w+=)",
        r"\s*[A-Za-z_]\w*=(?:\"|\$|')",
        r"\s*(?:echo|printf) [\"'$]",
    ),
    "sql": (
        r"(?:CREATE|ALTER|DROP) (?:TABLE|INDEX|UNIQUE|VIEW|FUNCTION|TYPE|OR)\b",
        r"INSERT INTO\b|UPDATE \S+ SET\b|DELETE FROM\b",
        r"(?:WITH .*|SELECT\b.*)",
        r"\s*(?:FROM|WHERE|GROUP BY|ORDER BY|LEFT JOIN|JOIN|INNER JOIN|VALUES|LIMIT)\b",
        r".*;\s*$",
        r"\s+\w+ (?:INT|INTEGER|TEXT|VARCHAR|SERIAL|BIGINT|BOOLEAN|TIMESTAMP)\b",
    ),
}
_COMPILED = {
    language: tuple(re.compile(sign) for sign in signs) for language, signs in _SIGNS.items()
}
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_SAMPLE_LINES = 300
_LONGEST = 300  # characters of a line that are looked at
_ASCII = bytes(range(128)) + b"_" * 128  # what is not ASCII counts as letters
_PARSED = 60_000  # characters that are parsed to tell a language
_FAULTS = 0.04  # share of a text that a grammar may be unable to read


def parse(code: str, language: str) -> Tree | None:
    """The syntax tree of ``code``; None where the grammar is not installed."""
    parser = _parser(language)
    data = code.encode("utf-8", "replace")
    if LANGUAGES[language].ascii_only:
        data = data.translate(_ASCII)  # of the same length: places stay what they are
    return parser.parse(data) if parser else None  # type: ignore[attr-defined]


@lru_cache(maxsize=32)
def _parser(language: str) -> object | None:
    entry = LANGUAGES[language]
    try:
        from tree_sitter import Language as Grammar
        from tree_sitter import Parser

        return Parser(Grammar(getattr(import_module(entry.module), entry.function)()))
    except (ImportError, AttributeError, ValueError):
        return None


def named(name: str, code: str = "") -> str:
    """The language of a suffix or of a fence's name, "" for one without a grammar here."""
    language = BY_NAME.get(name.lower(), "")
    if name.lower() == "h" and _CPP.search(code[:_PARSED]):
        return "cpp"
    return language


@lru_cache(maxsize=8)
def guess(code: str) -> str:
    """The language of a text without a name, "" for one that is none of ours.

    Told by a ``#!`` line, else by signs of several sorts and by a grammar that can read it;
    at most two are tried.
    """
    match = _SHEBANG.match(code)
    if match:
        name = {"node": "javascript", "deno": "typescript"}.get(match.group(1), match.group(1))
        return BY_NAME.get(name, "")
    if code.lstrip()[:5] == "<?php":
        return "php"
    if _FENCE.search(code[:_PARSED]):
        return ""
    sample = code[:_PARSED]
    if len(code) > _PARSED:
        sample = sample[: sample.rfind("\n") + 1]
    for language in _candidates(sample)[:2]:
        tree = parse(sample, language)
        if tree is None:
            continue
        allowed = _FAULTS if len(code) <= _PARSED else 0.3
        if faults(tree.root_node) <= allowed * len(sample):
            return language
    return ""


def _candidates(sample: str) -> list[str]:
    """Languages whose signs stand in enough lines, and enough sorts of them, best first."""
    lines = [line[:_LONGEST] for line in sample.split("\n")[:_SAMPLE_LINES] if line.strip()]
    scores = []
    for language, signs in _COMPILED.items():
        hits, sorts = _count(lines, signs)
        needed = 1 if language == "php" else 2 if len(lines) < 12 else 3
        share = 0.2 if language in ("bash", "sql") else 0.12  # grammars that read nearly anything
        if sorts >= needed and hits >= max(2, share * len(lines)):
            scores.append((-hits, -sorts, language))
    out = [language for _, _, language in sorted(scores)]
    if "c" in out and _CPP.search(sample):
        out[out.index("c")] = "cpp"
    return out


def _count(lines: Sequence[str], signs: Sequence[re.Pattern[str]]) -> tuple[int, int]:
    """Lines with a sign, and how many sorts of signs there are."""
    hits, sorts = 0, set()
    for line in lines:
        for number, sign in enumerate(signs):
            if sign.match(line):
                hits += 1
                sorts.add(number)
                break
    return hits, len(sorts)


def faults(root: Node) -> int:
    """Bytes that the grammar could not read."""
    total = 0
    stack = [root] if root.has_error else []
    while stack:
        node = stack.pop()
        if node.type == "ERROR":
            total += node.end_byte - node.start_byte
        elif node.is_missing:
            total += 1
        else:
            stack += [child for child in node.children if child.has_error or child.is_missing]
    return total
