"""A Python program that starts workers by the queue of a computing center and trains a sweep on them."""

from __future__ import annotations

from collections.abc import Sequence

from epochscope.sweeps.cluster import Need

QUEUES = {"slurm": "SLURMCluster", "pbs": "PBSCluster"}
"""Queue -> its class of dask-jobqueue."""


def script(queue: str, arguments: Sequence[str], need: Need, workers: int) -> str:
    """The program. `arguments`: of `epochscope sweep`, but for where it trains; `workers`: jobs, each of one worker."""
    resources = ["--resources", f"GPU={need.gpus}"] if need.gpus else []
    return f'''"""Trains a sweep of epochscope by {queue.upper()}: python FILE, where jobs can be submitted.

Needs epochscope, distributed and dask-jobqueue in the same environment there and on the nodes. What is in capitals is
to be changed. The folder of runs (EPOCHSCOPE_RUNS) is best on a disk that the nodes see: then they write there.
"""

import sys

from dask_jobqueue import {QUEUES[queue]}
from epochscope.cli import main

WALLTIME, MEMORY = "12:00:00", "8GB"  # of one worker; a run that does not fit the time goes on in the next one
WORKERS = {workers}
DIRECTIVES = {[f"--gres=gpu:{need.gpus}"] if need.gpus and queue == "slurm" else []!r}  # of a job, such as a partition
PROLOGUE = []  # commands before a worker starts, such as "module load cuda"

if __name__ == "__main__":
    with {QUEUES[queue]}(
        cores=1,  # runs at a time in one worker
        processes=1,
        {_processors(queue, need)},
        memory=MEMORY,
        walltime=WALLTIME,
        job_extra_directives=DIRECTIVES,
        job_script_prologue=PROLOGUE,
        worker_extra_args={resources!r},
    ) as cluster:
        cluster.scale(jobs=WORKERS)
        sys.exit(main([*{list(arguments)!r}, "--on", cluster.scheduler_address]))
'''


def _processors(queue: str, need: Need) -> str:
    """How a job asks for them, and for GPUs where that is said in the same place."""
    if queue == "slurm":
        return f"job_cpu={need.threads}"
    gpus = f":ngpus={need.gpus}" if need.gpus else ""
    return f'resource_spec=f"select=1:ncpus={need.threads}:mem={{MEMORY}}{gpus}"'
