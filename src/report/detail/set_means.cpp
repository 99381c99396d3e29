#include "set_means.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "metric_info.hpp"
#include "sections.hpp"

namespace ablatrix::report::detail {

SetMeans::SetMeans(GridView const& grid, std::size_t set, std::vector<std::string> const& wanted, int threads)
    : grid_(grid), set_(set), metrics_(shown_metrics(grid, set, wanted, 2))
{
    for (std::size_t m = 0; m < items().methods.size(); ++m) {
        if (grid.has_method(grid.baseline(), set, m)) methods_.push_back(m);
    }
    if (is_empty()) return;
    for (std::size_t c = 0; c < grid.conditions().size(); ++c)
        means_.push_back(cell_means(grid, c, grid.baseline(), set, methods_, metrics_, threads));
}

double SetMeans::merit_of(std::size_t condition, std::size_t method) const
{
    double const value = mean(condition, method).estimate.value;
    return std::isnan(value) ? -1e300 : merit(primary(), value);
}

bool SetMeans::may_lead(std::size_t method) const
{
    return !is_reference(name(method)) && !is_variant(name(method));
}

std::vector<std::size_t> SetMeans::order_in(std::size_t condition) const
{
    return sorted_methods([&](std::size_t m) { return merit_of(condition, m); });
}

std::vector<std::size_t> SetMeans::order() const
{
    return sorted_methods([&](std::size_t m) {
        double sum = 0;
        for (std::size_t c = 0; c < means_.size(); ++c)
            sum += merit_of(c, m);
        return sum;
    });
}

template <typename Value>
std::vector<std::size_t> SetMeans::sorted_methods(Value const& value) const
{
    std::vector<std::size_t> order(methods_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        if (is_variant(name(a)) != is_variant(name(b))) return is_variant(name(b));
        return value(a) > value(b);
    });
    return order;
}

}  // namespace ablatrix::report::detail
