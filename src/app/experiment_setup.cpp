#include "experiment_setup.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include <jobs/ecg/ecg_job.hpp>

namespace ablatrix::app {

std::unique_ptr<plan::Job> make_job(std::string const& name)
{
    if (name == "ecg") return ecg::make_ecg_job();
    std::vector<std::string> const known = {"ecg"};
    throw Error("unknown job '" + name + "'." + base::did_you_mean_hint(name, known) +
                " Known jobs: " + base::join(known, ", ") + ".");
}

std::string read_text_file(std::filesystem::path const& file)
{
    std::error_code ignored;
    ABLATRIX_VALIDATE(!std::filesystem::is_directory(file, ignored),
                      "'" + file.string() + "' is a folder, expected an experiment file.");
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    ABLATRIX_VALIDATE(in.good(), "cannot read experiment file '" + file.string() + "' (" + std::strerror(errno) +
                                     "). Is the path right from where you are?");
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

plan::Experiment read_experiment(ExperimentRequest const& request)
{
    auto file = config::parse_yaml(request.text, request.file.filename().string());
    auto const job = make_job(plan::job_name(file));
    return plan::read_experiment(std::move(file), request.sets, *job, request.file.parent_path());
}

Setup plan_experiment(ExperimentRequest const& request)
{
    Setup setup;
    auto experiment = read_experiment(request);
    setup.job = make_job(experiment.job);
    setup.registry = std::make_unique<plan::StageRegistry>();
    setup.job->register_stages(*setup.registry);
    setup.experiment_plan.emplace(plan::make_plan(std::move(experiment), *setup.job, *setup.registry, request.only));
    return setup;
}

std::string primary_metric(plan::Experiment const& experiment, plan::Job const& job, plan::ItemSetSpec const& set)
{
    auto const& chosen = experiment.statistics.primary_metric;
    bool const has_chosen = std::find(set.metrics.begin(), set.metrics.end(), chosen) != set.metrics.end();
    return has_chosen ? chosen : job.primary_metric(set.name);
}

std::filesystem::path cache_folder(std::string const& given, std::filesystem::path const& result)
{
    if (!given.empty()) return given;
    return result.parent_path() / ".ablatrix-cache";
}

CacheView::CacheView(std::filesystem::path const& folder)
{
    if (std::filesystem::is_directory(folder)) {
        cache_.emplace(folder);
        return;
    }
    std::string name = (std::filesystem::temp_directory_path() / "ablatrix-empty-cache-XXXXXX").string();
    ABLATRIX_VALIDATE(::mkdtemp(name.data()) != nullptr,
                      "cannot create a temporary folder (" + std::string{std::strerror(errno)} + ").");
    temporary_ = name;
    cache_.emplace(temporary_);
}

CacheView::~CacheView()
{
    std::error_code ignored;
    if (!temporary_.empty()) std::filesystem::remove_all(temporary_, ignored);
}

}  // namespace ablatrix::app
