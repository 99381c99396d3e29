#pragma once

#include <limits>
#include <vector>

namespace ablatrix::sched::detail {

/// Who has been silent for too long. Knows no clock: times are seconds on one of the caller's choice, which never goes
/// backwards.
class Leases
{
  public:
    /// For ranks 0 to \p ranks - 1, none of which is watched yet; an infinite \p length_s never ends.
    Leases(int ranks, double length_s);

    /// \p rank gave a sign of life; from now on it is watched.
    void renew(int rank, double now_s);
    /// \p rank is watched no more.
    void end(int rank);
    /// Ranks whose lease has ended, in order; they are watched no more. Call it often: what passed without a call (this
    /// process was stopped, or busy) is nobody's silence.
    std::vector<int> expired(double now_s);

    double length_s() const noexcept { return length_s_; }

  private:
    static constexpr double unwatched = std::numeric_limits<double>::infinity();

    std::vector<double> heard_s_;
    double length_s_;
    double looked_s_ = -std::numeric_limits<double>::infinity();
};

}  // namespace ablatrix::sched::detail
