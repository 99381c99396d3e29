#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <ablatrix/plan/gates.hpp>

#include "grid_view.hpp"

namespace ablatrix::report::detail {

/// One thing that a gate is about.
struct GateCandidate
{
    std::string label;    ///< "aum, uniform 0.1"
    std::string missing;  ///< why there is nothing to judge; then nothing below holds
    std::size_t condition = 0;
    std::size_t arm = 0;
    std::size_t method = 0;
    std::size_t arm_b = 0;  ///< of a difference: the side that is subtracted
    std::size_t method_b = 0;
};

/// What a gate reads: a metric of an item set, or a per-run number.
struct GateSource
{
    bool is_scalar = false;
    std::size_t set = 0;
    std::size_t metric = 0;
    std::size_t scalar = 0;
};

/// \pre the gate has been checked against the layout (plan::check_gates)
GateSource source_of(GridView const& grid, plan::Gate const& gate);

/// Everything that \p gate is about, in the order of the file. What it names must exist wherever it looks, or is a
/// candidate with a reason; "*" and what it leaves open take what there is. Never empty.
std::vector<GateCandidate> candidates_of(GridView const& grid, plan::Gate const& gate, GateSource const& source);

}  // namespace ablatrix::report::detail
