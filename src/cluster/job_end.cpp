#include <ablatrix/cluster/job_end.hpp>

#include <charconv>
#include <string_view>

#include <ablatrix/base/text.hpp>

namespace ablatrix::cluster {
namespace {

std::optional<double> epoch_seconds(std::string_view text)
{
    text = base::trim(text);
    long long value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value <= 0) return {};
    return static_cast<double>(value);
}

}  // namespace

std::optional<JobEnd> job_end(JobSources const& sources)
{
    if (char const* end = sources.variable("SLURM_JOB_END_TIME")) {
        if (auto const at_s = epoch_seconds(end)) return JobEnd{*at_s, "SLURM_JOB_END_TIME"};
    }
    char const* job = sources.variable("SLURM_JOB_ID");
    if (job == nullptr) return {};
    // Slurm prints times as the variable says, a strftime format among others: seconds since the epoch need no zone.
    // A controller that does not answer is no reason to wait for minutes.
    auto const answer = sources.run(
        {"timeout", "30", "env", "SLURM_TIME_FORMAT=%s", "squeue", "--noheader", "--jobs", job, "--format", "%e"});
    if (answer.status != 0) return {};
    auto const at_s = epoch_seconds(answer.output);
    if (!at_s) return {};
    return JobEnd{*at_s, "squeue"};
}

}  // namespace ablatrix::cluster
