#pragma once

#include <ablatrix/config/reader.hpp>
#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/plan/job.hpp>

namespace ablatrix::plan::detail {

/// The `execution` section. \throws ConfigError for unknown keys and stage kinds, numbers out of range, and a timeout
/// that nothing can enforce
ExecutionOptions read_execution(config::Reader& reader, Job const& job);
/// The section that reads back to \p options.
config::Node to_node(ExecutionOptions const& options);

}  // namespace ablatrix::plan::detail
