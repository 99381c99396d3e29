// What a stage in a child process costs: no-op stages through the runner in this process and through the child, in
// turn, with their artifacts in one cache. Prints one JSON object.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>
#include <ablatrix/sched/serve_stages.hpp>
#include <ablatrix/store/cache.hpp>

#include "src/sched/detail/stage_child.hpp"
#include "src/sched/detail/stage_runner.hpp"

namespace {

using namespace ablatrix;
using sched::detail::StageRequest;

double clock_us()
{
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

plan::StageRegistry registry()
{
    plan::StageRegistry stages;
    stages.add({"no_op", 1, [](plan::StageContext const&) { return base::Bundle{}; }});
    return stages;
}

StageRequest request(std::uint64_t number)
{
    return {{1, number}, "no_op", plan::Params{}.set("index", static_cast<std::int64_t>(number)), {}};
}

double quantile(std::vector<double> values, double q)
{
    auto const place = static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + place, values.end());
    return values[static_cast<std::size_t>(place)];
}

template <typename Run>
double time_us(Run const& run)
{
    double const start = clock_us();
    ABLATRIX_ASSERT(run().status == sched::TaskStatus::made);
    return clock_us() - start;
}

/// \p stages of each, in turn, with artifacts under \p folder.
void measure(std::filesystem::path const& folder, std::uint64_t stages)
{
    auto const kinds = registry();
    store::ArtifactCache const cache{folder};
    sched::detail::StageRunner here{kinds, cache, {}};
    sched::detail::StageChild child{{"/proc/self/exe", "--child"},
                                    {0, 0, std::filesystem::absolute(folder).string(), {}}};
    auto const go_on = [] { return sched::Wish::go_on; };
    auto const never = [] { return false; };
    double const start_us = time_us([&] { return child.run(request(2 * stages), 0, go_on); });
    std::vector<double> none_us, process_us;
    for (std::uint64_t i = 0; i < stages; ++i) {
        none_us.push_back(time_us([&] { return here.run(request(2 * i), never); }));
        process_us.push_back(time_us([&] { return child.run(request(2 * i + 1), 0, go_on); }));
    }
    std::printf(
        "{\"stages\": %llu, \"none\": {\"p50_us\": %.1f, \"p99_us\": %.1f}, \"process\": {\"p50_us\": %.1f, "
        "\"p99_us\": %.1f}, \"first_stage_us\": %.0f}\n",
        static_cast<unsigned long long>(stages), quantile(none_us, 0.5), quantile(none_us, 0.99),
        quantile(process_us, 0.5), quantile(process_us, 0.99), start_us);
}

}  // namespace

int main(int argc, char** argv)
{
    try {
        if (argc == 2 && std::strcmp(argv[1], "--child") == 0) {
            sched::serve_stages(registry());
            return 0;
        }
        ABLATRIX_VALIDATE(argc == 3 && std::atoi(argv[2]) > 0, "usage: isolation_bench EMPTY_FOLDER STAGES");
        measure(argv[1], static_cast<std::uint64_t>(std::atoi(argv[2])));
        return 0;
    }
    catch (std::exception const& error) {
        std::fprintf(stderr, "isolation_bench: %s\n", error.what());
        return 1;
    }
}
