#include "detail/leases.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <ablatrix/base/error.hpp>

namespace ablatrix::sched::detail {
namespace {

constexpr double longest_gap_share = 0.25;  // of a lease, between two looks

}  // namespace

Leases::Leases(int ranks, double length_s) : heard_s_(static_cast<std::size_t>(ranks), unwatched), length_s_(length_s)
{
    ABLATRIX_EXPECT(ranks > 0 && length_s > 0);
}

void Leases::renew(int rank, double now_s)
{
    heard_s_.at(static_cast<std::size_t>(rank)) = now_s;
}

void Leases::end(int rank)
{
    heard_s_.at(static_cast<std::size_t>(rank)) = unwatched;
}

std::vector<int> Leases::expired(double now_s)
{
    double const gap_s = now_s - looked_s_;
    looked_s_ = now_s;
    if (std::isinf(length_s_)) return {};
    if (std::isfinite(gap_s) && gap_s > longest_gap_share * length_s_) {
        for (double& heard_s : heard_s_) {
            if (heard_s < now_s) heard_s = std::min(heard_s + gap_s, now_s);
        }
    }
    std::vector<int> ranks;
    for (std::size_t rank = 0; rank < heard_s_.size(); ++rank) {
        if (now_s - heard_s_[rank] <= length_s_) continue;  // also who is not watched: minus infinity
        ranks.push_back(static_cast<int>(rank));
        heard_s_[rank] = unwatched;
    }
    return ranks;
}

}  // namespace ablatrix::sched::detail
