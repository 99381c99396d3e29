#include <ablatrix/stats/max_t.hpp>

#include <algorithm>
#include <cmath>

#include <ablatrix/base/error.hpp>
#include <ablatrix/stats/detection.hpp>
#include <ablatrix/stats/paired.hpp>

namespace ablatrix::stats {

namespace {

struct Member
{
    std::size_t contrast;
    double statistic, se;
    std::vector<double> resampled;  // statistics of the resamples, NaN where undefined
};

/// Resampled statistics of one contrast, and its place in the result filled in.
bool prepare(Bootstrap const& bootstrap, std::size_t a, std::size_t b, std::size_t metric, Member& member,
             Estimate& estimate)
{
    estimate.value = bootstrap.value(a, metric) - bootstrap.value(b, metric);
    std::span<double const> const left = bootstrap.replicates(a, metric);
    std::span<double const> const right = bootstrap.replicates(b, metric);
    std::vector<double> defined;
    member.resampled.resize(left.size());
    for (std::size_t r = 0; r < left.size(); ++r) {
        member.resampled[r] = left[r] - right[r];
        if (!std::isnan(member.resampled[r])) defined.push_back(member.resampled[r]);
    }
    Estimate const judged = bootstrap.difference(a, b, metric);
    estimate.status = judged.status;
    estimate.note = judged.note;
    if (std::isnan(judged.low)) return false;
    member.se = sample_sd(defined);
    member.statistic = std::abs(estimate.value) / member.se;
    for (double& v : member.resampled)
        v = std::abs(v - estimate.value) / member.se;
    estimate.standard_error = member.se;
    return true;
}

}  // namespace

MaxT max_t(Bootstrap const& bootstrap, std::span<std::pair<std::size_t, std::size_t> const> contrasts,
           std::size_t metric, double level)
{
    ABLATRIX_EXPECT(level > 0 && level < 1);
    MaxT result;
    result.tests.resize(contrasts.size());
    result.intervals.resize(contrasts.size());
    std::vector<Member> family;
    for (std::size_t k = 0; k < contrasts.size(); ++k) {
        Estimate& estimate = result.intervals[k];
        estimate.level = level;
        estimate.method = "max_t";
        Member member{k, 0, 0, {}};
        if (prepare(bootstrap, contrasts[k].first, contrasts[k].second, metric, member, estimate)) {
            family.push_back(std::move(member));
        }
        result.tests[k].method = "max_t";
        result.tests[k].status = estimate.status;
        result.tests[k].note = estimate.note;
    }
    if (family.empty()) return result;
    std::stable_sort(family.begin(), family.end(),
                     [](Member const& a, Member const& b) { return a.statistic < b.statistic; });

    // From the smallest statistic up: the running maximum is that over the contrasts still in the step-down.
    std::vector<double> largest(bootstrap.resamples(), 0.0);
    std::vector<double> p(family.size());
    std::size_t valid = 0;
    for (std::size_t m = 0; m < family.size(); ++m) {
        std::size_t reaching = 0;
        valid = 0;
        for (std::size_t r = 0; r < largest.size(); ++r) {
            double const v = family[m].resampled[r];
            // A resample undefined for one contrast has no maximum.
            largest[r] = std::isnan(v) || std::isnan(largest[r]) ? undefined_value : std::max(largest[r], v);
            if (std::isnan(largest[r])) continue;
            ++valid;
            reaching += largest[r] >= family[m].statistic - 1e-12 * std::max(1.0, family[m].statistic) ? 1 : 0;
        }
        p[m] = static_cast<double>(1 + reaching) / static_cast<double>(valid + 1);
    }
    double running = 0;
    for (std::size_t m = family.size(); m-- > 0;) {
        running = std::max(running, p[m]);
        Test& test = result.tests[family[m].contrast];
        test.statistic = family[m].statistic;
        test.p = running;
        test.p_min = 1 / static_cast<double>(valid + 1);
    }
    std::erase_if(largest, [](double v) { return std::isnan(v); });
    result.critical = quantile(largest, level);
    for (Member const& member : family) {
        Estimate& estimate = result.intervals[member.contrast];
        estimate.low = estimate.value - result.critical * member.se;
        estimate.high = estimate.value + result.critical * member.se;
    }
    return result;
}

}  // namespace ablatrix::stats
