"""No-op tasks through Dask: PYTHON dask_futures.py [--tasks N], with two worker processes of one thread each.

Prints one JSON object: throughput with all tasks submitted at once, and the round trip of single tasks.
"""

import argparse
import json
import statistics
import tempfile
import time

import distributed
from distributed import Client, LocalCluster


def no_op(index):
    return index


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=1000)
    tasks = parser.parse_args().tasks

    with tempfile.TemporaryDirectory() as folder, \
            LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
                         local_directory=folder) as cluster, Client(cluster) as client:
        client.submit(no_op, -1, pure=False).result()  # workers are up

        start = time.perf_counter()
        client.gather([client.submit(no_op, i, pure=False) for i in range(tasks)])
        seconds = time.perf_counter() - start

        trips = []
        for i in range(max(2, tasks // 10)):
            start = time.perf_counter()
            client.submit(no_op, i, pure=False).result()
            trips.append(1e6 * (time.perf_counter() - start))

    cuts = statistics.quantiles(trips, n=100)
    figures = {"tasks_per_s": round(tasks / seconds), "p50_us": round(cuts[49], 2), "p99_us": round(cuts[98], 2)}
    print(json.dumps({"ranks": 3, "tasks": tasks, "dask": figures, "distributed": distributed.__version__}))


if __name__ == "__main__":
    main()
