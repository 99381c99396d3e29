#include "provenance.hpp"

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include <unistd.h>

#include <ablatrix/base/text.hpp>
#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/nn/softmax_regression.hpp>

#include "build_info.hpp"
#include "experiment_setup.hpp"

namespace ablatrix::app {
namespace {

std::string utc_now()
{
    std::time_t const now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

/// Variables that change how the program runs; others stay private.
std::string environment_text()
{
    std::string text;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        std::string const line = *variable;
        for (char const* prefix :
             {"OMP_", "OPENBLAS_", "MKL_", "CUDA_VISIBLE_DEVICES=", "HDF5_USE_FILE_LOCKING=", "SLURM_JOB_ID=",
              "SLURM_NTASKS=", "SLURM_NNODES=", "OMPI_COMM_WORLD_SIZE=", "ABLATRIX_"})
        {
            if (line.starts_with(prefix)) text += line + "\n";
        }
    }
    return text;
}

}  // namespace

store::Provenance make_provenance(plan::ExperimentPlan const& plan, plan::Job const& job,
                                  std::vector<mpi::DeviceBinding> const& devices,
                                  std::vector<std::string> const& command_line)
{
    store::Provenance provenance;
    provenance.experiment_yaml = plan.experiment.resolved.to_yaml();
    provenance.plan = plan.fingerprint;
    auto& facts = provenance.facts;
    facts = build_facts();
    facts["name"] = plan.experiment.name;
    facts["job"] = plan.experiment.job;
    facts["seed_axis"] = job.seed_axis();
    for (auto const& set : job.item_sets())
        facts["primary_metric." + set.name] = primary_metric(plan.experiment, job, set);
    facts["baseline_arm"] = plan.experiment.statistics.baseline_arm;
    facts["start_time"] = utc_now();
    facts["experiment_folder"] = std::filesystem::absolute(plan.experiment.base / ".").lexically_normal().string();
    facts["device_table"] = mpi::format_device_table(devices);
    facts["ranks"] = std::to_string(devices.size());
    facts["command_line"] = base::join(command_line, " ");
    facts["environment"] = environment_text();
    facts["mpi"] = mpi::Environment::library_version();
    facts["libtorch"] = nn::torch_report(false).version;
    return provenance;
}

}  // namespace ablatrix::app
