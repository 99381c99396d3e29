# Shared by the scripts in this folder and by `ablatrix submit`: start ranks, pass Slurm's signals on, requeue.
# shellcheck shell=bash

stopping=   # set by Slurm's signal
launcher=   # process id of what was started
status=     # its exit code

note_signal() {
    stopping=yes
    [[ -z $launcher ]] || kill -USR1 "$launcher" 2>/dev/null
}
# Slurm signals this shell only (--signal=B:USR1@120); preemption may send TERM.
trap note_signal USR1 TERM

# Run a command until it ends, passing signals on to it; its exit code is in $status.
run_and_wait() {
    status=75
    [[ -z $stopping ]] || return 0
    "$@" &
    launcher=$!
    [[ -z $stopping ]] || kill -USR1 "$launcher" 2>/dev/null  # came between the two lines above
    while kill -0 "$launcher" 2>/dev/null; do
        wait "$launcher"  # also returns, early, when a signal arrives
    done
    wait "$launcher"
    status=$?
    launcher=
    # Ranks that were still starting when the signal came die of it.
    if [[ -n $stopping && $status -gt 128 ]]; then status=75; fi
}

# launch WORKERS HOST... -- COMMAND...: WORKERS working ranks on each host, and the coordinator on the first.
# Ranks are started by mpirun; where the site's MPI prefers srun, set LAUNCHER="srun --mpi=pmix".
launch() {
    local workers=$1 hosts=() places=() each count
    shift
    while [[ $1 != -- ]]; do hosts+=("$1"); shift; done
    shift
    count=$((workers * ${#hosts[@]} + 1))
    if [[ ${LAUNCHER:-mpirun} == srun* ]]; then
        for each in "${hosts[@]}"; do
            for _ in $(seq "$workers"); do places+=("$each"); done
        done
        SLURM_HOSTFILE=$(mktemp)
        export SLURM_HOSTFILE
        printf '%s\n' "${hosts[0]}" "${places[@]}" >"$SLURM_HOSTFILE"
        # shellcheck disable=SC2086  # the launcher is several words
        run_and_wait env --unset=SLURM_NTASKS_PER_NODE $LAUNCHER --distribution=arbitrary --ntasks="$count" "$@"
        rm -f "$SLURM_HOSTFILE"
        unset SLURM_HOSTFILE
    else
        places=("${hosts[0]}:$((workers + 1))")
        for each in "${hosts[@]:1}"; do places+=("$each:$workers"); done
        # shellcheck disable=SC2086
        run_and_wait ${LAUNCHER:-mpirun --bind-to none} --host "$(IFS=,; echo "${places[*]}")" -n "$count" "$@"
    fi
}

# The job's nodes that answer, one a line. After a loss (--no-kill) these are fewer than were allocated; Slurm itself takes
# minutes to notice, so every node is tried.
living_hosts() {
    local host
    for host in $(scontrol show hostnames "$SLURM_JOB_NODELIST"); do
        timeout 30 srun --overlap --nodelist="$host" --nodes=1 --ntasks=1 --mpi=none true 2>/dev/null && echo "$host" &
    done | sort --version-sort
    wait
}

# End this script: requeue the job when the grid is to be continued (exit code 75).
requeue_or_exit() {
    local job=${SLURM_JOB_ID:?}
    [[ $status -eq 75 ]] || exit "$status"
    if [[ -n ${SLURM_ARRAY_JOB_ID:-} ]]; then job=${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}; fi
    echo "stopped early: requeueing job $job to continue"
    scontrol requeue "$job"
    exit "$status"
}
