#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// \file
/// What `ablatrix submit` decides and writes, without asking anybody: the size of a job and its batch script.

namespace ablatrix::cluster {

/// What is left of an experiment, as its plan says.
struct Workload
{
    std::size_t runs = 0, runs_done = 0;
    std::size_t tasks = 0;   ///< left to make
    double work_s = 0;       ///< of one worker
    double longest_s = 0;    ///< the longest single task
    bool is_learned = true;  ///< every kind of task was measured before; else the times are partly guesses
    std::function<double(int workers)> makespan_s;  ///< from the simulator
};

/// What the user asked for; zero and nothing mean: choose.
struct SizeRequest
{
    int nodes = 1;
    int gpus_per_node = 0;
    int workers_per_node = 0;
    int cpus_per_task = 0;
    std::optional<double> time_s;
    bool in_parts = false;  ///< one walltime need not be enough: the job requeues itself
};

struct JobSize
{
    int nodes = 1;
    int gpus_per_node = 0;
    int workers_per_node = 1;
    int cpus_per_task = 0;   ///< 0: what the site gives
    double predicted_s = 0;  ///< the work alone, as simulated
    double time_s = 0;       ///< to ask for
    bool fits = true;        ///< predicted and a notice before the end fit into time_s
    int workers() const { return nodes * workers_per_node; }
};

/// Seconds before the time limit at which Slurm is told to give notice.
inline constexpr double notice_s = 120;

/// One worker a GPU where there are GPUs, else as many (at most 32 a node) as are busy four fifths of the time. The
/// time asked for without a wish is half as much again as predicted (four times where guessed), and a quarter of an
/// hour. \throws Error when nothing is left to do, when the longest task does not fit into the time, or when the whole
/// plan does not and in_parts is not set: each with what would do
JobSize size_job(Workload const& work, SizeRequest const& request);

/// "12 runs (3 done), 80 tasks left: about 2 h with 8 workers on 2 nodes. Asking for 03:15:00."
std::string describe(Workload const& work, JobSize const& size);

/// The rest of a batch script.
struct ScriptFacts
{
    std::string name;     ///< of the job
    std::string comment;  ///< one line: what was planned
    std::string log;      ///< file of the job's output
    std::string folder;   ///< to change into
    std::string partition, account;
    std::vector<std::string> sbatch_options;  ///< further ones, such as "--constraint=a100"
    std::vector<std::string> command;         ///< the program and its arguments
};

/// A script for sbatch that needs no other file: the directives, slurm/job.sh, and the start of the ranks.
std::string batch_script(JobSize const& size, ScriptFacts const& facts);

/// \p word as bash reads it back, quoted where needed.
std::string shell_quoted(std::string const& word);

/// The id in what `sbatch --parsable` prints ("17" or "17;cluster"). \throws Error when there is none
std::string job_id(std::string const& output);

}  // namespace ablatrix::cluster
