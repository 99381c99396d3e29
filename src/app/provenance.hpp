#pragma once

#include <string>
#include <vector>

#include <ablatrix/mpi/devices.hpp>
#include <ablatrix/plan/experiment.hpp>
#include <ablatrix/plan/job.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::app {

/// What the result file says about how it was made: settings, versions, start time, hosts, devices, environment, and
/// the choices that reports need (seed axis, primary metrics, baseline arm).
store::Provenance make_provenance(plan::ExperimentPlan const& plan, plan::Job const& job,
                                  std::vector<mpi::DeviceBinding> const& devices,
                                  std::vector<std::string> const& command_line);

}  // namespace ablatrix::app
