"""The llmlingua2 engine on a small random classifier made on the spot."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

import ctxc
from ctxc import tokens
from ctxc.batch.pipeline import Options, compress
from ctxc.budget import Tokens
from ctxc.document import Document
from ctxc.engines.literature import llmlingua2
from ctxc.errors import ModelError
from ctxc.llama.runtime import Runtime, RuntimeOptions
from ctxc.text.protect import protected
from ctxc.text.segment import segments

INSTALLED = all(importlib.util.find_spec(name) for name in ("torch", "transformers"))
needs_extra = pytest.mark.skipif(not INSTALLED, reason="pip install 'ctxc-cli[llmlingua]'")

PROSE = (
    "The old bridge was begun in 1357 under Charles IV. It was finished in 1402, not in 1390. "
    "The work cost 14,200 groschen; most of it went into sandstone.\n\nNobody knows who drew "
    "the plans. A flood on 3 September 1890 broke three arches, and repairs took two years. "
)
TEXTS = {
    "prose": PROSE,
    "long": PROSE * 4,
    "cjk": "查理大桥始建于1357年。它于1402年完工，而不是1390年。工程耗资14200格罗申。",
    "emoji": "Ship it 🚀🚀! The 👩‍👩‍👧 family waits 🇨🇿. " * 3,
    "no-spaces": "abcdefghij" * 90,
    "one-word": "bridge",
    "special": "[CLS] is text, [SEP] too. " * 4,
}


def build(path: Path, positions: int) -> str:
    """A BERT of two tiny layers with a WordPiece vocabulary of single letters and some words."""
    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "bridge", "was", "in", "of", ".", ","]
    pieces += [*letters, *(f"##{c}" for c in letters), "##ing", ";", "!", "[", "]"]
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(path)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=positions,
        num_labels=2,
        initializer_range=0.6,
    )
    BertForTokenClassification(config).save_pretrained(path)
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return build(tmp_path_factory.mktemp("classifier"), 128)


def run(folder: str, text: str, budget: int, **more: object):
    options = Options(engine="llmlingua2", budget=Tokens(budget), **more)  # type: ignore[arg-type]
    with Runtime(RuntimeOptions(model=folder, gpu="off")) as runtime:
        return compress(Document(text, "a.txt"), options, runtime)


@needs_extra
@pytest.mark.parametrize("name", TEXTS)
def test_exact_budget_and_the_originals_own_characters(name: str, folder: str) -> None:
    text = TEXTS[name]
    original = tokens.get().count(text)
    before = 0
    for budget in sorted({1, max(1, original // 4), max(1, original // 2)}):
        result = run(folder, text, budget)
        assert result.compressed <= budget
        for kept in result.kept:
            piece = text[kept.start : kept.end]
            assert result.text[kept.out : kept.out + len(piece)] == piece
        assert result.compressed >= 0.9 * before
        before = result.compressed
    assert run(folder, text, original // 2 or 1).text == result.text
    assert result.model == (folder if result.engine == "llmlingua2" else None)


@needs_extra
def test_facts_stay_whole(folder: str) -> None:
    result = run(folder, PROSE, 40)
    kept = {i for k in result.kept for i in range(k.start, k.end)}
    for segment in segments(Document(PROSE, "a.txt")):
        if not kept.isdisjoint(range(segment.start, segment.core_end)):
            for span in protected(PROSE, segment.start, segment.core_end):
                assert kept.issuperset(range(span.start, span.end)), span.of(PROSE)


@needs_extra
def test_a_words_probability_is_the_mean_over_its_pieces(folder: str) -> None:
    """Against transformers itself, one sentence in one batch."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    from ctxc.engines.base import Task

    text = "The bridge was closing."
    document = Document(text, "a.txt")
    task = Task(document, segments(document), 3, tokens.get())
    scored = llmlingua2.Classifier(folder, gpu=False).score(task)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForTokenClassification.from_pretrained(folder).eval()
    ids = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    line = [tokenizer.cls_token_id, *ids["input_ids"], tokenizer.sep_token_id]
    with torch.no_grad():
        expected = model(torch.tensor([line])).logits.softmax(-1)[0, 1:-1, 1]
    closing = [i for i, (a, b) in enumerate(ids["offset_mapping"]) if a >= text.index("closing")]
    assert len(closing) > 2
    got = scored.mean(
        llmlingua2.np.array([text.index("closing")]), llmlingua2.np.array([len(text)])
    )
    assert float(got[0]) == pytest.approx(float(expected[closing].mean()), abs=1e-5)


@needs_extra
def test_chunks_fit_the_model_and_end_with_sentences(folder: str) -> None:
    from ctxc.engines.base import Task

    document = Document(TEXTS["long"], "a.txt")
    task = Task(document, segments(document), 3, tokens.get())
    scored = llmlingua2.Classifier(folder, gpu=False).score(task)
    sizes = llmlingua2.np.bincount(scored.chunk)
    assert len(sizes) > 3 and sizes.max() <= 126
    ends = {s.core_end for s in task.segments}
    firsts = llmlingua2.np.flatnonzero(llmlingua2.np.diff(scored.chunk))
    assert {int(scored.ends[i]) for i in firsts} <= ends


@needs_extra
def test_what_is_no_classifier_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not load"):
        run(str(tmp_path), PROSE, 9)


def test_the_missing_extra_names_its_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    llmlingua2._classifier.cache_clear()
    with pytest.raises(ModelError) as caught:
        run("anything", PROSE, 9)
    assert "pip install 'ctxc-cli[llmlingua]'" in caught.value.hint


@needs_extra
def test_the_package_keeps_what_these_probabilities_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LLMLingua 0.2.2's own classifier code, where it is installed, on the same weights."""
    package = pytest.importorskip("llmlingua")
    from ctxc.engines.base import Task

    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(Path(ctxc.__file__).parent / "data" / "tiktoken"))
    # The package tells models apart by their folder's name.
    named = tmp_path / "bert-base-multilingual-cased"
    named.mkdir()
    path = build(named, 512)
    text = PROSE.lower().replace("\n", " ")
    document = Document(text, "a.txt")
    scored = llmlingua2.Classifier(path, gpu=False).score(
        Task(document, segments(document), 30, tokens.get("cl100k_base"))
    )
    words = []
    for word in llmlingua2.np.unique(scored.word):
        inside = llmlingua2.np.flatnonzero(scored.word == word)
        shown = text[scored.starts[inside[0]] : scored.ends[inside[-1]]]
        words.append((shown, float(scored.keep[inside].mean())))
    compressor = package.PromptCompressor(path, device_map="cpu", use_llmlingua2=True)
    result = compressor.compress_prompt(text, rate=0.4, return_word_label=True)
    labels = [
        pair.rsplit(" ", 1) for pair in result["fn_labeled_original_prompt"].split("\t\t|\t\t")
    ]
    assert [word for word, _ in words] == [word for word, _ in labels]
    kept = [p for (_, p), (_, label) in zip(words, labels, strict=True) if label == "1"]
    gone = [p for (_, p), (_, label) in zip(words, labels, strict=True) if label == "0"]
    assert kept and gone and min(kept) > max(gone)
