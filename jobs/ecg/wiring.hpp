#pragma once

#include <cstdint>

#include <ablatrix/data/dataset.hpp>
#include <ablatrix/plan/graph.hpp>
#include <ablatrix/plan/job.hpp>

#include "jobs/ecg/checkpoints.hpp"
#include "jobs/ecg/parameters.hpp"

namespace ablatrix::ecg {

/// Row counts of a run's parts.
struct Sizes
{
    std::size_t reserve = 0;    ///< rows that the explainer learns from
    std::int64_t held_out = 0;  ///< test rows taken out of the table (0 with a test table of its own)
    std::int64_t train = 0;     ///< n, rows under detection
    std::int64_t test = 0;      ///< evaluation rows
};

struct WiringInput
{
    Parameters const& parameters;
    Sizes sizes;
    data::Dataset const& table;
    data::Dataset const* test_table;  ///< nullptr: held out of the table
    Checkpoint const* embedder;       ///< of embedder.kind hf, else nullptr
    Checkpoint const* classifier;     ///< of classifier.kind probe and finetune, else nullptr
    plan::Graph& graph;
};

/// The stages of one run and what the result file takes from them.
///
/// A stage is given the parameters and inputs that can change its output and no others. So what reads only text is
/// shared by all noise rates (uniform noise leaves text alone), what reads labels by all arms, and an arm adds no more
/// than the combination of signals and what follows from it.
plan::RunOutputs wire(WiringInput const& input);

}  // namespace ablatrix::ecg
