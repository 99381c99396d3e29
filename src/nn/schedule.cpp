#include "detail/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ablatrix/base/error.hpp>

namespace ablatrix::nn::detail {

Schedule::Schedule(std::string const& kind, double peak, double warmup_ratio, std::int64_t steps)
    : peak_(peak), steps_(steps)
{
    if (kind == "linear")
        kind_ = Kind::linear;
    else if (kind == "cosine")
        kind_ = Kind::cosine;
    else if (kind == "constant")
        kind_ = Kind::constant;
    else
        throw Error("unknown schedule '" + kind + "' (fine-tuning). Use linear, cosine or constant");
    ABLATRIX_EXPECT(steps >= 1);
    ABLATRIX_VALIDATE(
        warmup_ratio >= 0 && warmup_ratio < 1,
        "warmup_ratio " + std::to_string(warmup_ratio) + " outside [0, 1) (fine-tuning). Use 0.1, or 0 for none");
    warmup_ = static_cast<std::int64_t>(std::ceil(warmup_ratio * static_cast<double>(steps)));
    ABLATRIX_VALIDATE(warmup_ < steps, "warm-up takes all " + std::to_string(steps) +
                                           " optimiser steps, the first of which has rate 0 (fine-tuning). Train "
                                           "longer, use smaller batches, or set warmup_ratio to 0");
}

double Schedule::rate(std::int64_t step) const
{
    if (step < warmup_) return peak_ * (static_cast<double>(step) / static_cast<double>(warmup_));
    auto const decay_steps = static_cast<double>(steps_ - warmup_);
    switch (kind_) {
        case Kind::linear:
            return peak_ * std::max(0.0, static_cast<double>(steps_ - step) / decay_steps);
        case Kind::cosine:
            return peak_ * 0.5 * (1 + std::cos(std::numbers::pi * static_cast<double>(step - warmup_) / decay_steps));
        case Kind::constant:
            break;
    }
    return peak_;
}

}  // namespace ablatrix::nn::detail
