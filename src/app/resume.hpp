#pragma once

#include <string>

#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::app {

/// What makes \p plan another experiment than the one in \p existing: changed settings, grid sizes, stages. Empty when
/// the two are the same.
std::string describe_change(store::ResultFile const& existing, plan::ExperimentPlan const& plan);

}  // namespace ablatrix::app
