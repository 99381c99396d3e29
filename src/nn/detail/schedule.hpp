#pragma once

#include <cstdint>
#include <string>

namespace ablatrix::nn::detail {

/// Learning rate of each optimiser step, as transformers' schedules give it (models.md 4.1): linear warm-up over
/// ceil(ratio * steps) steps, so that the first update has rate 0, then linear or half-cosine decay, or constant.
class Schedule
{
  public:
    /// \throws Error for an unknown kind and for a warm-up that leaves no step with a rate
    Schedule(std::string const& kind, double peak, double warmup_ratio, std::int64_t steps);

    /// Rate of update \p step = 0, 1, ...
    double rate(std::int64_t step) const;
    std::int64_t warmup() const noexcept { return warmup_; }

  private:
    enum class Kind
    {
        linear,
        cosine,
        constant
    };
    Kind kind_;
    double peak_;
    std::int64_t steps_;
    std::int64_t warmup_;
};

}  // namespace ablatrix::nn::detail
