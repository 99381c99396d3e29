#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/nn/text_classifier.hpp>

namespace ablatrix::nn::detail {

/// What the rest of a training depends on.
struct TrainingState
{
    std::map<std::string, at::Tensor> tensors;  ///< contiguous fp32; restoring writes into them
    std::int64_t steps = 0;                     ///< optimiser steps done
    std::int64_t updates = 0;                   ///< of them, those that changed parameters
    FineTuneDynamics dynamics;                  ///< of the epochs that are over
};

/// A file that a training leaves its state in from time to time, so that it can go on there after its process died.
/// It is a safetensors file; metadata say which training it belongs to and hold a checksum of the tensors. The file is
/// old or new, never half.
class UnfinishedTraining
{
  public:
    /// \p training stands for everything that the result depends on. An empty \p file: nothing is kept. \p every_s 0:
    /// every step is.
    UnfinishedTraining(std::filesystem::path file, double every_s, base::Fingerprint training);

    /// Fills \p state if the file holds one of this training. Any other file is moved to "<file>.set-aside" with a
    /// warning, and the training starts anew.
    bool restore(TrainingState& state) const;

    /// Whether it is time for the next save. Unless every step is to be saved, writing takes at most a twentieth of the
    /// time.
    bool is_due() const;
    /// A disk that cannot take it is a warning, and the end of saving: training goes on.
    void save(TrainingState const& state);
    /// Whether states are kept, so far.
    bool keeps() const noexcept { return !file_.empty(); }

  private:
    using Clock = std::chrono::steady_clock;

    std::filesystem::path file_;
    std::chrono::duration<double> every_;
    base::Fingerprint training_;
    Clock::time_point last_ = Clock::now();
};

}  // namespace ablatrix::nn::detail
