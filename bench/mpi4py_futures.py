"""No-op tasks through mpi4py.futures: mpirun -n RANKS python3 -m mpi4py.futures mpi4py_futures.py [--tasks N].

Prints one JSON object: throughput with all tasks submitted at once, and the round trip of single tasks.
"""

import argparse
import json
import statistics
import time

import mpi4py
from mpi4py import MPI
from mpi4py.futures import MPIPoolExecutor


def no_op(index):
    return index


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=5000)
    tasks = parser.parse_args().tasks

    with MPIPoolExecutor() as pool:
        pool.submit(no_op, 0).result()  # workers are up

        start = time.perf_counter()
        for future in [pool.submit(no_op, i) for i in range(tasks)]:
            future.result()
        seconds = time.perf_counter() - start

        trips = []
        for i in range(max(2, tasks // 5)):
            start = time.perf_counter()
            pool.submit(no_op, i).result()
            trips.append(1e6 * (time.perf_counter() - start))

    cuts = statistics.quantiles(trips, n=100)
    figures = {"tasks_per_s": round(tasks / seconds), "p50_us": round(cuts[49], 2), "p99_us": round(cuts[98], 2)}
    print(json.dumps({"ranks": MPI.COMM_WORLD.Get_size(), "tasks": tasks, "mpi4py_futures": figures,
                      "mpi4py": mpi4py.__version__, "mpi": MPI.Get_library_version().split(",")[0]}))


if __name__ == "__main__":
    main()
