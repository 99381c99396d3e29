#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

/// max(c, 0) over the largest such value; all zero stays zero.
std::vector<double> scaled_confidence(std::span<double const> confidence)
{
    std::vector<double> scaled(confidence.begin(), confidence.end());
    for (auto& value : scaled)
        value = std::max(value, 0.0);
    auto const largest = *std::max_element(scaled.begin(), scaled.end());
    if (largest > 0) {
        for (auto& value : scaled)
            value /= largest;
    }
    return scaled;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const roles = context.roles();
    ABLATRIX_EXPECT(!roles.empty());
    auto const n = context.input(roles.front()).get<double>("score").size();
    std::vector<double> fixed(n, 0.0), weighted(n, 0.0), total(n, 0.0);
    double dropped = 0;
    for (auto const& role : roles) {
        auto const& signal = context.input(role);
        auto const score = signal.get<double>("score");
        if (is_constant(score)) {
            // A constant says nothing about any row, so it takes no part and no weight.
            dropped += 1;
            continue;
        }
        auto const rank = mid_ranks(score);
        auto const confidence = scaled_confidence(signal.get<double>("confidence"));
        auto const weight = context.params().get<double>("weight." + role);
        for (std::size_t i = 0; i < n; ++i) {
            fixed[i] += weight * rank[i];
            weighted[i] += confidence[i] * rank[i];
            total[i] += confidence[i];
        }
    }
    for (std::size_t i = 0; i < n; ++i)
        weighted[i] /= total[i] + 1e-8;
    base::Bundle out;
    out.put("score/ecg_fixed", std::move(fixed));
    out.put("score/ecg_adaptive", std::move(weighted));
    out.put_scalar("constant_signals", dropped);
    return out;
}

}  // namespace

plan::StageKind combine_stage()
{
    return {"ecg.combine", 1, run};
}

}  // namespace ablatrix::ecg
