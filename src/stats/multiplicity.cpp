#include <ablatrix/stats/multiplicity.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include <ablatrix/base/error.hpp>

namespace ablatrix::stats {

std::vector<double> adjust(std::span<double const> p, Adjustment method)
{
    std::size_t const f = p.size();
    std::vector<double> values(p.begin(), p.end());
    if (method == Adjustment::none) return values;
    for (double& value : values) {
        ABLATRIX_EXPECT(std::isnan(value) || (value >= 0 && value <= 1));
        if (std::isnan(value)) value = 1;  // declared, but not run: it still counts in the family
    }
    std::vector<std::size_t> order(f);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });

    std::vector<double> adjusted(f);
    if (method == Adjustment::holm) {
        double running = 0;
        for (std::size_t j = 0; j < f; ++j) {
            running = std::max(running, std::min(1.0, static_cast<double>(f - j) * values[order[j]]));
            adjusted[order[j]] = running;
        }
    }
    else {
        double running = 1;
        for (std::size_t j = f; j-- > 0;) {
            double const factor = method == Adjustment::hochberg ? static_cast<double>(f - j)
                                                                 : static_cast<double>(f) / static_cast<double>(j + 1);
            running = std::min(running, factor * values[order[j]]);
            adjusted[order[j]] = running;
        }
    }
    for (std::size_t i = 0; i < f; ++i) {
        if (std::isnan(p[i])) adjusted[i] = std::numeric_limits<double>::quiet_NaN();
    }
    return adjusted;
}

std::vector<double> adjusted_minimum(std::span<double const> p, std::span<double const> p_min, Adjustment method)
{
    ABLATRIX_EXPECT(p.size() == p_min.size());
    std::vector<double> best(p.size(), std::numeric_limits<double>::quiet_NaN());
    std::vector<double> family(p.begin(), p.end());
    for (std::size_t i = 0; i < p.size(); ++i) {
        if (std::isnan(p_min[i])) continue;
        family[i] = p_min[i];
        best[i] = adjust(family, method)[i];
        family[i] = p[i];
    }
    return best;
}

}  // namespace ablatrix::stats
