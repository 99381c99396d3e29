#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/plan/gates.hpp>
#include <ablatrix/report/report.hpp>
#include <ablatrix/stats/gates.hpp>

#include "gate_candidates.hpp"
#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// What a candidate is judged by, and what a reader wants to know about it.
struct GateFacts
{
    stats::GateEvidence evidence;
    std::string scope, design;
    std::size_t n_excluded = 0;
    std::int64_t n_items = -1;
    std::string seed_set;
    double sd = stats::undefined_value;  ///< over seeds
    Resampling resampling;
};

/// Estimates of \p candidates at \p level, one each: with the inner intervals of an equivalence, and once more with ten
/// times the resamples where those of \p grid do not decide.
std::vector<GateFacts> facts_of(GridView const& grid, plan::Gate const& gate, GateSource const& source,
                                std::vector<GateCandidate> const& candidates, double level, int threads);

}  // namespace ablatrix::report::detail
