#pragma once

#include <memory>

#include <ablatrix/plan/job.hpp>

namespace ablatrix::ecg {

/// Explanation-Consistency Graphs: rank training rows by how likely their label is wrong (docs/ecg.md).
std::unique_ptr<plan::Job> make_ecg_job();

}  // namespace ablatrix::ecg
