#include "record_parts.hpp"

#include <cmath>

#include "format.hpp"

namespace ablatrix::report::detail {

std::vector<std::pair<std::string, std::string>> condition_pairs(GridView const& grid, std::size_t condition)
{
    std::vector<std::pair<std::string, std::string>> pairs;
    for (std::size_t i = 0; i < grid.by().size(); ++i)
        pairs.emplace_back(grid.by()[i], grid.conditions()[condition].values[i]);
    return pairs;
}

Record record_about(GridView const& grid, std::size_t set, std::size_t condition, std::size_t arm, std::size_t method)
{
    auto const& items = grid.layout().item_sets[set];
    Record record;
    record.item_set = items.name;
    record.condition = condition_pairs(grid, condition);
    record.arm = grid.arms()[arm];
    record.method = items.methods[method];
    return record;
}

void set_spread(Record& record, double sd)
{
    record.sd = sd;
    record.ddof = std::isnan(sd) ? -1 : 1;
}

void note_unlabelled(Record& record, std::int64_t items)
{
    if (items == 0) return;
    stats::add_note(record.estimate.note,
                    plural(static_cast<std::size_t>(items), "item") + " without a clean label left out");
}

}  // namespace ablatrix::report::detail
