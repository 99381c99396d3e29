#include "journal_text.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <ablatrix/base/text.hpp>

namespace ablatrix::app {
namespace {

constexpr std::size_t shown_damage = 10;

std::string counted(std::size_t count, std::string const& what)
{
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

std::string describe_damage(store::JournalReport const& report)
{
    std::string text;
    if (report.torn > 0)
        text += counted(report.torn, "journal") +
                " ended in the middle of a record, as it does when a rank is killed: that row was not finished.\n";
    for (std::size_t i = 0; i < std::min(shown_damage, report.damage.size()); ++i)
        text += "Damaged journal: " + report.damage[i] + ".\n";
    if (report.damage.size() > shown_damage)
        text += "and " + std::to_string(report.damage.size() - shown_damage) + " more damaged places in journals\n";
    return text;
}

std::string describe_replay(store::Replayed const& replayed)
{
    std::vector<std::string> parts;
    if (replayed.runs > 0) parts.push_back(counted(replayed.runs, "run"));
    if (replayed.columns > 0) parts.push_back(counted(replayed.columns, "column"));
    if (replayed.truths > 0) parts.push_back(counted(replayed.truths, "ground truth"));
    if (replayed.tasks > 0) parts.push_back(counted(replayed.tasks, "task record"));
    std::string text;
    if (!parts.empty()) text = "Taken from the journals: " + base::join(parts, ", ") + ".\n";
    return text + describe_damage(replayed.journals);
}

}  // namespace ablatrix::app
