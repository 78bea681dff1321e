"""An answer for people and for programs."""

from __future__ import annotations

from typing import Any

from ..console import harmless, plain
from ..result import SCHEMA
from .types import NO_SUPPORT, Answer, Bill, Citation, Rung


def citations(answer: Answer) -> list[Citation]:
    """All citations, each place once, in the order of the claims."""
    seen: dict[object, Citation] = {}
    for claim in answer.claims:
        for each in claim.citations:
            seen.setdefault((each.place.source, each.place.start, each.place.end), each)
    return list(seen.values())


def evidence(answer: Answer) -> str:
    """What stands below an answer: its citations."""
    lines = []
    for each in citations(answer):
        mark = f"[{each.number}] " if each.number else ""
        said = "" if each.how != "found" else " (found by ctxc)"
        lines.append(f'{mark}{plain(each.place)}: "{plain(each.quote)}"{said}')
    return "".join(line + "\n" for line in lines)


def passages(answer: Answer) -> str:
    """The passages nearest the question, each behind its place."""
    return "".join(f'{plain(p.place)}: "{plain(p.quote)}"\n' for p in answer.passages)


def objections(answer: Answer) -> list[str]:
    """What of a reply has no support, a line each."""
    lines = []
    for claim in answer.claims:
        for quote in claim.misquotes:
            lines.append(f'Not in the documents: "{plain(quote)}"')
        if not claim.supported and not claim.misquotes:
            why = ", ".join(map(plain, claim.missing[:6]))
            because = f" (missing: {why})" if why else ""
            lines.append(f'No support: "{plain(claim.text)}"{because}')
    return lines


def as_text(answer: Answer) -> str:
    if answer.extractive:
        return passages(answer)
    if answer.unsupported:
        near = passages(answer)
        return f"{NO_SUPPORT}\n" + (f"\nNearest the question:\n{near}" if near else "")
    below = _of_weights(answer) if answer.weights else evidence(answer)
    return harmless(answer.text) + "\n" + (f"\n{below}" if below else "")


def _of_weights(answer: Answer) -> str:
    return f"From the weights of {plain(answer.reader)}: no document was read, nothing is cited.\n"


def as_json(answer: Answer) -> dict[str, Any]:
    """The documented object of one answer (README, "Answers as JSON")."""
    name = {"id": answer.id} if answer.id is not None else {"source": answer.source}
    unchecked = answer.extractive or answer.weights
    return {
        "schema": SCHEMA,
        **name,
        "question": answer.question,
        **({"standalone": answer.standalone} if answer.standalone else {}),
        **({"reformulations": list(answer.reformulations)} if answer.reformulations else {}),
        "answer": answer.final,
        **({"extractive": True} if answer.extractive else {}),
        **({"from_weights": True} if answer.weights else {}),
        "abstained": answer.abstained,
        **({"refused": True} if answer.refused else {}),
        "supported": None if answer.abstained or unchecked else answer.supported,
        "confidence": None if unchecked else round(answer.confidence, 4),
        "claims": [
            {
                "text": claim.text,
                "supported": claim.supported,
                "citations": [_citation(c) for c in claim.citations],
                **({"misquotes": list(claim.misquotes)} if claim.misquotes else {}),
                **({"missing": list(claim.missing)} if claim.missing else {}),
            }
            for claim in answer.claims
        ],
        **({"passages": [_citation(c) for c in answer.passages]} if answer.passages else {}),
        "rung": answer.rung,
        "reader": None if answer.extractive else answer.reader,
        "engine": answer.engine,
        "tokens": {"original": answer.original_tokens, "tokenizer": answer.tokenizer},
        "rungs": [rung_json(rung) for rung in answer.rungs],
        "bill": _bill(answer.bill),
        **({"notes": list(answer.notes)} if answer.notes else {}),
    }


def _citation(citation: Citation) -> dict[str, Any]:
    place = citation.place
    return {
        "passage": citation.number or None,
        "source": place.source,
        **({"part": place.part} if place.part else {}),
        "lines": list(place.lines),
        "start": place.start,
        "end": place.end,
        "quote": citation.quote,
        "how": citation.how,
    }


def rung_json(rung: Rung) -> dict[str, Any]:
    out: dict[str, Any] = {"rung": rung.name, "reader": rung.reader}
    if rung.error:
        out["error"] = rung.error
    return out | {
        "answer": rung.text,
        "context_tokens": rung.context_tokens,
        "prompt_tokens": rung.prompt_tokens,
        "reply_tokens": rung.reply_tokens,
        "select_seconds": round(rung.select_seconds, 4),
        "seconds": round(rung.seconds, 4),
        "dollars": None if rung.dollars is None else round(rung.dollars, 9),
        "mean_logprob": _rounded(rung.mean_logprob),
        "least_logprob": _rounded(rung.least_logprob),
        "support": round(rung.support, 4),
        "confidence": round(rung.confidence, 4),
        "abstained": rung.abstained,
        **({"refused": True} if rung.refused else {}),
        "accepted": rung.accepted,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _bill(bill: Bill) -> dict[str, Any]:
    def rounded(value: float | None, digits: int) -> float | None:
        return None if value is None else round(value, digits)

    return {
        "reader_tokens": bill.tokens,
        "reader_tokens_without": bill.without,
        "reply_tokens": bill.reply_tokens,
        "counted": bill.counted,
        "select_seconds": round(bill.select_seconds, 4),
        "reader_seconds": round(bill.seconds, 4),
        "seconds_without": rounded(bill.seconds_without, 2),
        "dollars": rounded(bill.dollars, 9),
        "dollars_without": rounded(bill.dollars_without, 9),
        "paid": bill.paid,
        "by": bill.by,
    }


def closing_line(answer: Answer) -> str:
    """What it took, for stderr.

    ``12,345 -> 1,480 tokens by encoder in 0.42 s, compressed, smollm2-135m read 1,620 tokens in
    3.10 s (9,990 and about 21.0 s without), paid``
    """
    bill = answer.bill
    if answer.extractive:
        return _extractive_line(answer)
    if answer.weights:
        return plain(
            f"{answer.reader} read {bill.tokens:,} tokens in {bill.seconds:.2f} s and no document:"
            " the answer is from its weights, unchecked",
            600,
        )
    last = next(r for r in reversed(answer.rungs) if r.name == answer.rung)
    engine = f" by {answer.engine}" if answer.engine != "none" else ""
    about = "" if bill.counted else "about "
    without = f"{bill.without:,}"
    if bill.seconds_without is not None:
        without += f" in about {bill.seconds_without:.1f} s"
    saved = f" ({without} without ctxc)" if bill.tokens != bill.without else ""
    parts = [
        f"{answer.original_tokens:,} -> {last.context_tokens:,} tokens{engine} "
        f"in {bill.select_seconds:.2f} s",
        " > ".join(answer.route),
        f"{answer.reader} read {about}{bill.tokens:,} tokens in {bill.seconds:.2f} s{saved}",
    ]
    if bill.dollars is not None and bill.dollars_without is not None:
        parts.append(f"${bill.dollars:.6f} instead of ${bill.dollars_without:.6f}")
    parts.append(f"confidence {answer.confidence:.2f}")
    if answer.unsupported:
        parts.append("no supported answer")
    elif bill.tokens != bill.without:
        parts.append(f"{'paid' if bill.paid else 'did not pay'} (by {bill.by})")
    return plain(", ".join(parts), 600)


def _extractive_line(answer: Answer) -> str:
    engine = f" by {answer.engine}" if answer.engine != "none" else ""
    quoted = answer.rungs[-1].context_tokens
    return (
        f"no reader model: the passages that answer, {quoted:,} of {answer.original_tokens:,} "
        f"tokens{engine} in {answer.bill.select_seconds:.2f} s"
    )
