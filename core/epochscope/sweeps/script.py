"""A Python program that starts workers by the queue of a computing center and trains a sweep on them."""

from __future__ import annotations

from collections.abc import Sequence

from epochscope.sweeps.cluster import Need

QUEUES = {"slurm": ("SLURMCluster", "--gres=gpu:{gpus}"), "pbs": ("PBSCluster", "-l ngpus={gpus}")}
"""Queue -> its class of dask-jobqueue, and how a job asks for GPUs."""


def script(queue: str, arguments: Sequence[str], need: Need, workers: int) -> str:
    """The program. `arguments`: of `epochscope sweep`, but for where it trains; `workers`: jobs, each of one worker."""
    cluster, gpus = QUEUES[queue]
    directives = [gpus.format(gpus=need.gpus)] if need.gpus else []
    resources = [f"--resources GPU={need.gpus}"] if need.gpus else []
    return f'''"""Trains a sweep of epochscope by {queue.upper()}: python FILE, on a machine from which jobs can be submitted.

Needs epochscope, distributed and dask-jobqueue in the same environment there and on the nodes. Change what is in
capitals. The folder of runs (EPOCHSCOPE_RUNS) is best on a disk that the nodes see: then they write there themselves.
"""

import sys

from dask_jobqueue import {cluster}
from epochscope.cli import main

WALLTIME, MEMORY = "12:00:00", "8GB"  # of one worker; a run that does not fit the time is continued by the next one
WORKERS = {workers}
DIRECTIVES = {directives!r}  # more lines for the head of a job, such as a partition or a project
PROLOGUE = []  # commands before a worker starts, such as "module load cuda"

if __name__ == "__main__":
    with {cluster}(
        cores=1,  # runs at a time in one worker
        processes=1,
        job_cpu={need.threads},
        memory=MEMORY,
        walltime=WALLTIME,
        job_extra_directives=DIRECTIVES,
        job_script_prologue=PROLOGUE,
        worker_extra_args={resources!r},
    ) as cluster:
        cluster.scale(jobs=WORKERS)
        sys.exit(main([*{list(arguments)!r}, "--on", cluster.scheduler_address]))
'''
