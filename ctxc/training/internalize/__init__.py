"""A context taught to the model itself: teacher with it in the window, student without.

``material`` (documents, examples), ``windows`` (what one window holds), ``questions`` (the
user's, or asked of the context), ``teach`` (the teacher's replies, and which are kept),
``lessons`` (token ids and distributions), ``run`` (one after the other, resumable).
Source: "Efficient LLM Context Distillation", arXiv 2409.01930.
"""
