#include "detail/stage_runner.hpp"

#include <chrono>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <new>
#include <system_error>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/fault_point.hpp>

namespace ablatrix::sched::detail {
namespace {

constexpr std::size_t memory_limit_bytes = std::size_t{512} << 20;

StageResult failure(std::string error)
{
    StageResult result;
    result.status = TaskStatus::failed;
    result.error = std::move(error);
    if (result.error.empty()) result.error = "an exception without a message";
    return result;
}

}  // namespace

StageRunner::StageRunner(plan::StageRegistry const& registry, store::ArtifactCache const& cache, StageMeans means)
    : registry_(registry), cache_(cache), means_(std::move(means)), memory_(memory_limit_bytes)
{}

StageResult StageRunner::run(StageRequest const& request, MustStop const& must_stop)
{
    try {
        return make(request, must_stop);
    }
    catch (plan::StageStopped const&) {
        StageResult result;
        result.status = TaskStatus::stopped;
        return result;
    }
    catch (std::bad_alloc const&) {
        return failure("out of memory (std::bad_alloc)");
    }
    catch (std::exception const& error) {
        return failure(error.what());
    }
    catch (...) {
        return failure("an exception that is not a std::exception");
    }
}

ArtifactMemory::Pointer StageRunner::artifact(base::Fingerprint const& fingerprint)
{
    if (auto kept = memory_.find(fingerprint)) return kept;
    auto loaded = cache_.load(fingerprint);
    if (!loaded) return nullptr;
    auto shared = std::make_shared<base::Bundle const>(*std::move(loaded));
    memory_.keep(fingerprint, shared);
    return shared;
}

StageResult StageRunner::make(StageRequest const& request, MustStop const& must_stop)
{
    StageResult result;
    memory_.forget(request.output);
    std::vector<ArtifactMemory::Pointer> held;  // inputs stay alive even if the memory lets them go
    std::map<std::string, base::Bundle const*, std::less<>> inputs;
    for (auto const& [role, fingerprint] : request.inputs) {
        held.push_back(artifact(fingerprint));
        if (!held.back()) {
            result.status = TaskStatus::input_lost;
            result.lost_input = held.size() - 1;
            return result;
        }
        inputs[role] = held.back().get();
    }
    plan::Unfinished unfinished;
    if (means_.save_every_s > 0) {
        unfinished = {cache_.unfinished_folder(request.output), means_.save_every_s, must_stop};
        std::error_code unknown;
        result.continued = std::filesystem::exists(unfinished.folder, unknown);
    }
    plan::StageContext const context{request.params, std::move(inputs), means_.threads, means_.device,
                                     std::move(unfinished)};
    base::fault_point("stage.start");
    auto const start = std::chrono::steady_clock::now();
    auto made = std::make_shared<base::Bundle const>(registry_.at(request.kind).run(context));
    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    base::fault_point("stage.made");
    cache_.store(request.output, request.kind, *made, seconds);
    result.bytes = static_cast<std::int64_t>(made->memory_bytes());
    memory_.keep(request.output, std::move(made));
    return result;
}

}  // namespace ablatrix::sched::detail
