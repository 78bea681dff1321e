"""Students: what a model is taught goes into an adapter beside its GGUF file.

What every kind of student shares: ``extra`` (is the extra installed), ``base`` (a GGUF
model's weights as transformers reads them), ``student`` (LoRA by peft), ``soft`` (next-token
distributions, their divergence), ``loop`` (steps, seeds), ``work`` (checkpoints, going on
after a kill), ``export`` (adapter GGUF), ``agree`` (does llama.cpp say what torch says),
``card`` (what was done). ``internalize/`` teaches a model a context it then does without,
``compare/`` measures that. torch, transformers, peft and gguf are imported on use.
"""
