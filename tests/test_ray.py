"""Ray Data on a local cluster: what comes out is what this process makes, whatever dies."""

from __future__ import annotations

from typing import Any

import pytest

import ctxc

pytestmark = [pytest.mark.extras, pytest.mark.slow]

ROWS = [
    {"n": i, "text": f"The pump {i} failed at noon. It was old. Nobody was hurt there. " * 3}
    for i in range(60)
]
CHOSEN: dict[str, Any] = {"tokens": 12, "engine": "lexical"}


def test_two_workers_one_of_which_is_killed(tmp_path: Any) -> None:
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    from ray.cluster_utils import Cluster

    from ctxc.integrations.ray import Compress

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        second = cluster.add_node(num_cpus=2)
        ray.init(address=cluster.address, log_to_driver=False)
        data = ray.data.from_items(ROWS, override_num_blocks=12).map_batches(
            Compress, fn_constructor_kwargs=CHOSEN, concurrency=2, num_cpus=1, batch_size=5
        )
        rows = []
        for row in data.iter_rows():
            rows.append(row)
            if len(rows) == 5:
                cluster.remove_node(second, allow_graceful=False)
        local = {row["n"]: ctxc.compress(row["text"], **CHOSEN).text for row in ROWS}
        assert {row["n"]: row["text"] for row in rows} == local
        assert len(rows) == len(ROWS) and all(row["error"] == "" for row in rows)
    finally:
        ray.shutdown()
        cluster.shutdown()
