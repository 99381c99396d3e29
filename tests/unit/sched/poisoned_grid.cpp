#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>

#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/sched/execute.hpp>
#include <ablatrix/store/cache.hpp>
#include <ablatrix/store/result_file.hpp>

#include "fake_grid.hpp"

/// poisoned_grid FOLDER, under `mpirun --enable-recovery`: three runs, one of which kills every worker that tries it,
/// at most two. Rank 0 prints what came out.

namespace {

using namespace ablatrix;

void run(std::filesystem::path const& folder, mpi::Communicator& world)
{
    sched_test::FakeGrid grid{1, 3};
    grid.plan.experiment.execution.crash_limit = 2;
    sched_test::set_hook([](std::string const& kind, plan::StageContext const& context) {
        if (kind == "fake_scores" && context.params().get_int("arm") == 1) std::raise(SIGKILL);
    });
    store::Provenance provenance;
    provenance.experiment_yaml = grid.plan.experiment.resolved.to_yaml();
    provenance.plan = grid.plan.fingerprint;
    store::ResultFile::create(folder / "result.h5", grid.plan.layout, provenance, world);
    auto result = store::ResultFile::open(folder / "result.h5", world);
    mpi::DeviceBinding device;
    device.rank = world.rank();
    device.device = "cpu";
    sched::ExecuteOptions options;
    options.recovery = true;
    auto const outcome =
        sched::execute(grid.plan, store::ArtifactCache{folder / "cache"}, result, world, device, options);
    result.abandon();
    if (world.rank() != 0) return;
    auto const stored = store::ResultFile::open_readonly(folder / "result.h5");
    std::printf("%zu done, %zu failed, %zu workers lost, %s\n", outcome.runs_done, outcome.runs_failed,
                outcome.workers_lost, outcome.stopped_early ? "stopped early" : "complete");
    for (std::size_t run = 0; run < 3; ++run)
        std::printf("run %zu: %s\n", run, stored.run_verified(run) ? "done" : stored.read_run(run).error.c_str());
}

}  // namespace

int main(int argc, char** argv)
{
    mpi::Environment const environment(argc, argv);
    auto world = mpi::Communicator::world();
    try {
        run(argv[1], world);
    }
    catch (std::exception const& error) {
        std::printf("rank %d: %s\n", world.rank(), error.what());
    }
    std::fflush(nullptr);
    std::_Exit(0);
}
