#include "figure_source.hpp"

#include <ablatrix/base/text.hpp>

#include <algorithm>
#include <cmath>

#include "metric_info.hpp"
#include "record_parts.hpp"
#include "sections.hpp"

namespace ablatrix::report::detail {
namespace {

constexpr std::size_t most_conditions = 12;

}  // namespace

FigureSource::FigureSource(GridView const& grid, std::vector<Record> const& records) : grid_(grid), records_(records)
{
    for (std::size_t c = 0; c < grid.conditions().size(); ++c)
        conditions_.push_back(condition_pairs(grid, c));
}

std::size_t FigureSource::shown_conditions() const
{
    return std::min(conditions_.size(), most_conditions);
}

std::size_t FigureSource::method_index(std::size_t set, std::string const& method) const
{
    auto const& names = items(set).methods;
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), method) - names.begin());
}

std::size_t FigureSource::condition_of(Record const& record) const
{
    auto const found = std::find(conditions_.begin(), conditions_.end(), record.condition);
    return static_cast<std::size_t>(found - conditions_.begin());
}

std::vector<Record const*> FigureSource::means(std::size_t set, std::size_t condition) const
{
    auto const primary = grid_.primary_metric(set);
    std::vector<Record const*> found;
    for (auto const& record : records_) {
        if (record.kind != "metric" || record.item_set != items(set).name || record.metric != primary) continue;
        if (record.arm != grid_.arms()[grid_.baseline()] || record.condition != conditions_[condition]) continue;
        if (std::isfinite(record.estimate.value)) found.push_back(&record);
    }
    std::stable_sort(found.begin(), found.end(), [&](Record const* a, Record const* b) {
        if (is_variant(a->method) != is_variant(b->method)) return is_variant(b->method);
        return merit(primary, a->estimate.value) > merit(primary, b->estimate.value);
    });
    return found;
}

std::vector<Record const*> FigureSource::candidates(std::size_t set, std::size_t condition) const
{
    auto found = means(set, condition);
    found.erase(
        std::remove_if(found.begin(), found.end(),
                       [](Record const* record) { return is_reference(record->method) || is_variant(record->method); }),
        found.end());
    return found;
}

std::vector<std::string> FigureSource::without_value(std::size_t set, std::size_t condition) const
{
    auto const found = means(set, condition);
    std::vector<std::string> names;
    for (std::size_t m = 0; m < items(set).methods.size(); ++m) {
        auto const& name = items(set).methods[m];
        bool const has_value =
            std::any_of(found.begin(), found.end(), [&](Record const* record) { return record->method == name; });
        if (!has_value && grid_.has_method(grid_.baseline(), set, m)) names.push_back(name);
    }
    return names;
}

std::vector<Record const*> FigureSource::differences(std::size_t set, std::string const& method) const
{
    auto const primary = grid_.primary_metric(set);
    std::vector<Record const*> found;
    for (auto const& record : records_) {
        if (record.kind != "difference" || record.item_set != items(set).name || record.metric != primary) continue;
        if (record.arm == record.arm_b || record.method != method || record.method_b != method) continue;
        found.push_back(&record);
    }
    return found;
}

std::vector<std::string> FigureSource::compared_methods(std::size_t set) const
{
    std::vector<std::string> methods;
    for (auto const& method : items(set).methods) {
        auto const found = differences(set, method);
        bool const has_any = std::any_of(found.begin(), found.end(),
                                         [](Record const* record) { return std::isfinite(record->estimate.value); });
        if (has_any) methods.push_back(method);
    }
    return methods;
}

std::string FigureSource::not_drawn(std::string const& what, std::vector<std::string> const& empty,
                                    std::string const& why) const
{
    bool const is_all = empty.size() == grid_.conditions().size();
    return "No " + what + (is_all ? "" : " for " + base::join(empty, "; ")) + ": " + why;
}

}  // namespace ablatrix::report::detail
