#include <ablatrix/cluster/submission.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/cluster/duration.hpp>

#include "detail/job_functions.hpp"

namespace ablatrix::cluster {
namespace {

constexpr int most_workers_per_node = 32;
constexpr double busy_share = 0.8;
constexpr double soon_s = 60;  // more workers would not be worth their start
constexpr double learned_margin = 1.5, guessed_margin = 4;
constexpr double start_up_s = 900;

/// Powers of two, as long as workers are busy most of the time.
int choose_workers(Workload const& work, int nodes)
{
    int chosen = 1;
    double makespan_s = work.makespan_s(nodes);
    for (int workers = 2; workers <= most_workers_per_node && makespan_s > soon_s; workers *= 2) {
        makespan_s = work.makespan_s(workers * nodes);
        if (work.work_s < busy_share * makespan_s * workers * nodes) break;
        chosen = workers;
    }
    return chosen;
}

double default_time(Workload const& work, double predicted_s)
{
    return (work.is_learned ? learned_margin : guessed_margin) * predicted_s + start_up_s + notice_s;
}

std::string count_text(std::size_t count, std::string const& what)
{
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"_-./:=,+@%"}.find(c) != std::string_view::npos;
}

void check_fit(Workload const& work, SizeRequest const& request, JobSize const& size)
{
    double const usable_s = size.time_s - notice_s;
    // Guesses steer the time that is asked for, but are no reason to refuse the user's own.
    if (!work.is_learned) return;
    ABLATRIX_VALIDATE(work.longest_s <= usable_s,
                      "the longest task takes about " + base::human_seconds(work.longest_s) +
                          ", which does not fit into " + slurm_duration(size.time_s) + ". Give --time " +
                          slurm_duration(default_time(work, std::max(size.predicted_s, work.longest_s))) + " or more");
    ABLATRIX_VALIDATE(size.fits || request.in_parts,
                      "the plan does not fit into " + slurm_duration(size.time_s) + ": with " +
                          count_text(static_cast<std::size_t>(size.workers()), "worker") + " it takes about " +
                          base::human_seconds(size.predicted_s) + ". Give --time " +
                          slurm_duration(default_time(work, size.predicted_s)) +
                          ", more workers, or --in-parts to let the job requeue itself until all is done");
}

}  // namespace

JobSize size_job(Workload const& work, SizeRequest const& request)
{
    ABLATRIX_EXPECT(request.nodes >= 1 && request.gpus_per_node >= 0 && request.workers_per_node >= 0);
    ABLATRIX_VALIDATE(work.tasks > 0, "nothing is left to do: all " + std::to_string(work.runs) + " runs are done");
    JobSize size;
    size.nodes = request.nodes;
    size.gpus_per_node = request.gpus_per_node;
    size.workers_per_node = request.workers_per_node;
    size.cpus_per_task = request.cpus_per_task;
    if (size.workers_per_node == 0) {
        size.workers_per_node = size.gpus_per_node > 0 ? size.gpus_per_node : choose_workers(work, size.nodes);
    }
    size.predicted_s = work.makespan_s(size.workers());
    size.time_s = request.time_s.value_or(default_time(work, size.predicted_s));
    ABLATRIX_VALIDATE(size.time_s > 2 * notice_s, "--time " + slurm_duration(size.time_s) +
                                                      " leaves no room for the notice of " +
                                                      base::human_seconds(notice_s) + " before its end. Give more");
    size.fits = size.predicted_s <= size.time_s - notice_s;
    check_fit(work, request, size);
    return size;
}

std::string describe(Workload const& work, JobSize const& size)
{
    std::string text = count_text(work.runs, "run");
    if (work.runs_done > 0) text += " (" + std::to_string(work.runs_done) + " done)";
    text += ", " + count_text(work.tasks, "task") + " left: " + (work.is_learned ? "about " : "roughly ") +
            base::human_seconds(size.predicted_s) + " with " +
            count_text(static_cast<std::size_t>(size.workers()), "worker") + " on " +
            count_text(static_cast<std::size_t>(size.nodes), "node") + ". Asking for " + slurm_duration(size.time_s);
    if (!size.fits) {
        double const starts = std::ceil(size.predicted_s / (size.time_s - notice_s));
        text += ", which takes about " + count_text(static_cast<std::size_t>(starts), "start");
    }
    if (!work.is_learned) text += "; partly guessed, because not every kind of task has run with this cache yet";
    return text + ".";
}

std::string shell_quoted(std::string const& word)
{
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
    std::string quoted = "'";
    for (char const c : word) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    return quoted + "'";
}

std::string batch_script(JobSize const& size, ScriptFacts const& facts)
{
    std::vector<std::string> options = {
        "--job-name=" + facts.name,
        "--nodes=" + std::to_string(size.nodes),
        // The coordinator has a place of its own on the first node; Slurm wants equal nodes.
        "--ntasks-per-node=" + std::to_string(size.workers_per_node + 1),
    };
    if (size.cpus_per_task > 0) options.push_back("--cpus-per-task=" + std::to_string(size.cpus_per_task));
    if (size.gpus_per_node > 0) options.push_back("--gpus-per-node=" + std::to_string(size.gpus_per_node));
    options.push_back("--time=" + slurm_duration(size.time_s));
    if (!facts.partition.empty()) options.push_back("--partition=" + facts.partition);
    if (!facts.account.empty()) options.push_back("--account=" + facts.account);
    options.push_back("--signal=B:USR1@" + std::to_string(static_cast<int>(notice_s)));
    options.insert(options.end(), {"--requeue", "--open-mode=append", "--output=" + facts.log});
    options.insert(options.end(), facts.sbatch_options.begin(), facts.sbatch_options.end());

    std::string comment = facts.comment;
    std::replace(comment.begin(), comment.end(), '\n', ' ');
    std::string text = "#!/usr/bin/env bash\n# " + comment + "\n";
    for (auto const& option : options)
        text += "#SBATCH " + shell_quoted(option) + "\n";
    text += "set -uo pipefail\n\n" + std::string{detail::job_functions} + "\n";
    text += "cd " + shell_quoted(facts.folder) + " || exit 1\n";
    text += "mapfile -t hosts < <(scontrol show hostnames \"$SLURM_JOB_NODELIST\")\n";
    text += "launch " + std::to_string(size.workers_per_node) + " \"${hosts[@]}\" --";
    for (auto const& word : facts.command)
        text += " " + shell_quoted(word);
    return text + "\nrequeue_or_exit\n";
}

std::string job_id(std::string const& output)
{
    auto const id = output.substr(0, output.find_first_of(";\n"));
    bool const is_number = !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
    ABLATRIX_VALIDATE(is_number, "sbatch printed no job id: '" + std::string{base::trim(output)} + "'");
    return id;
}

}  // namespace ablatrix::cluster
