"""The card of an internalised context, for people."""

from __future__ import annotations

from .. import card


def markdown(name: str, facts: card.Facts) -> str:
    """All of ``facts`` in sentences, and again as JSON."""
    base, recipe, seconds = facts["base"], facts["recipe"], facts["seconds"]
    dropped = ", ".join(f"{count} {what}" for what, count in facts["dropped"].items()) or "nothing"
    fell = f"{facts['held_out_before']:.3f} to {facts['held_out_after']:.3f}"
    agreement, objective = facts["agreement"], facts["objective"]
    return card.as_markdown(
        name,
        {
            "What it is": [
                f"a LoRA of rank {recipe['rank']} for {base['name']} ({base['file']}, "
                f"{base['parameters'] / 1e6:,.0f}M parameters): {facts['kind']} "
                f"of {facts['context_tokens']:,} tokens",
                "used with `ctxc answer --reader MODEL --lora FILE`; what it answers is from "
                "weights: nothing can be cited for it, and it can be wrong",
                "facts are internalised less well than manners and tasks: measure with "
                "`ctxc eval --internalized` on questions of your own before it is trusted",
            ],
            "Data and licences": [
                f"base: {base['licence']}",
                "context: " + ", ".join(c["name"] for c in facts["context"]),
                f"licence of the context and the questions: {facts['data_licence']}",
                f"questions: {facts['questions']}; {facts['taught']} taught, "
                f"{facts['held_out']} held out; dropped: {dropped}",
            ],
            "Training": [
                f"teacher: the same model with the context in its window; "
                f"alpha {objective['alpha']:g}, temperature {objective['temperature']:g}",
                f"{recipe['steps']} steps of {recipe['batch']}, learning rate "
                f"{recipe['rate']:.1e}, seed {recipe['seed']}",
                f"loss {facts['loss_first']:.3f} to {facts['loss_last']:.3f}; "
                f"on the lessons held out {fell}",
                f"{seconds['teacher']:,.0f} s for the teacher, "
                f"{seconds['training']:,.0f} s of steps",
                f"llama.cpp and torch agree on {agreement['same']:.1%} of the likeliest tokens "
                f"(divergence {agreement['divergence']:.4f} nats)",
                "versions: " + ", ".join(f"{k} {v}" for k, v in facts["versions"].items()),
            ],
        },
        facts,
    )
