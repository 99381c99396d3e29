#include <ablatrix/store/verify.hpp>

#include <chrono>
#include <cstdint>
#include <set>
#include <system_error>

#include <ablatrix/base/error.hpp>

#include "detail/file_io.hpp"
#include "detail/journal_folder.hpp"
#include "detail/write_lock.hpp"

namespace fs = std::filesystem;

namespace ablatrix::store {

namespace {

constexpr std::uint8_t last_stage_status = 3;

/// "run 3 (seed=42 ablate=full)"
std::string run_name(ResultLayout const& layout, std::size_t run)
{
    std::string label;
    for (auto const& axis : layout.axes)
        label += (label.empty() ? "" : " ") + axis.name + "=" + axis.value_of_run[run];
    return "run " + std::to_string(run) + (label.empty() ? "" : " (" + label + ")");
}

/// "column 7 of 'detection' (method margin of run 3)"
std::string column_name(ItemSetLayout const& set, std::size_t column)
{
    std::string name = "column " + std::to_string(column) + " of '" + set.name + "'";
    for (std::size_t i = 0; i < set.column_of.size(); ++i)
        if (set.column_of[i] == static_cast<std::int32_t>(column))
            return name + " (method " + set.methods[i % set.methods.size()] + " of run " +
                   std::to_string(i / set.methods.size()) + ")";
    return name;
}

std::string truth_name(ItemSetLayout const& set, std::size_t truth)
{
    return "ground truth " + std::to_string(truth) + " of '" + set.name + "'";
}

VerifyReport::Table count(std::string name, std::vector<RowState> const& states)
{
    VerifyReport::Table table;
    table.name = std::move(name);
    table.rows = states.size();
    for (auto const state : states) {
        table.done += state == RowState::done ? 1 : 0;
        table.failed += state == RowState::failed ? 1 : 0;
        table.pending += state == RowState::pending ? 1 : 0;
        table.damaged += state == RowState::damaged ? 1 : 0;
    }
    return table;
}

/// A run that is done relies on its columns and ground truth: their loss would otherwise look like work to do.
void check_parts(ItemSetLayout const& set, std::vector<RowState> const& runs, std::vector<RowState> const& parts,
                 std::vector<std::int32_t> const& part_of, std::size_t per_run,
                 std::string (*name_of)(ItemSetLayout const&, std::size_t), VerifyReport& report)
{
    std::vector<bool> told(parts.size(), false);
    for (std::size_t i = 0; i < part_of.size(); ++i) {
        if (part_of[i] < 0 || runs[i / per_run] != RowState::done) continue;
        auto const part = static_cast<std::size_t>(part_of[i]);
        if (parts[part] != RowState::pending || told[part]) continue;
        told[part] = true;
        report.damage.push_back(name_of(set, part) + " is missing, although run " + std::to_string(i / per_run) +
                                " is done");
    }
}

void check_item_set(ResultFile const& file, std::size_t index, std::vector<RowState> const& runs, VerifyReport& report)
{
    auto const& set = file.layout().item_sets[index];
    auto const truths = file.truth_states(index);
    auto const columns = file.column_states(index);
    report.tables.push_back(count("ground truths of '" + set.name + "'", truths));
    report.tables.push_back(count("columns of '" + set.name + "'", columns));
    for (std::size_t truth = 0; truth < truths.size(); ++truth)
        if (truths[truth] == RowState::damaged)
            report.damage.push_back(truth_name(set, truth) + ": its checksum does not match");
    for (std::size_t column = 0; column < columns.size(); ++column)
        if (columns[column] == RowState::damaged)
            report.damage.push_back(column_name(set, column) + ": its checksum does not match");
    check_parts(set, runs, truths, set.truth_of_run, 1, truth_name, report);
    check_parts(set, runs, columns, set.column_of, set.methods.size(), column_name, report);
}

}  // namespace

VerifyReport verify(ResultFile const& file)
{
    VerifyReport report;
    auto const runs = file.run_states();
    report.tables.push_back(count("runs", runs));
    report.pending_runs = report.tables.front().pending;
    for (std::size_t run = 0; run < runs.size(); ++run)
        if (runs[run] == RowState::damaged)
            report.damage.push_back(run_name(file.layout(), run) + ": its checksum does not match");
    for (std::size_t set = 0; set < file.layout().item_sets.size(); ++set)
        check_item_set(file, set, runs, report);
    auto const stages = file.stage_statuses();
    for (std::size_t task = 0; task < stages.size(); ++task)
        if (stages[task] > last_stage_status)
            report.damage.push_back("task " + std::to_string(task) + ": its status is " + std::to_string(stages[task]) +
                                    ", which means nothing");
    return report;
}

JournalCheck check_journals(ResultFile const& file)
{
    using detail::JournalTable;
    using detail::RowKey;
    detail::JournalFolder const journals(journal_folder(file.path()));
    std::set<RowKey> held;
    for (auto const& row : journals.rows())
        held.insert(row.key);
    JournalCheck check;
    check.report = journals.report();
    auto const add = [&](JournalTable table, std::size_t set, std::vector<RowState> const& states) {
        for (std::size_t row = 0; row < states.size(); ++row) {
            if (states[row] != RowState::done && states[row] != RowState::failed) continue;
            ++check.finished_rows;
            check.held_rows += held.count({table, static_cast<std::uint16_t>(set), row});
        }
    };
    add(JournalTable::run, 0, file.run_states());
    for (std::size_t set = 0; set < file.layout().item_sets.size(); ++set) {
        add(JournalTable::truth, set, file.truth_states(set));
        add(JournalTable::column, set, file.column_states(set));
    }
    return check;
}

std::uint64_t remove_journals(fs::path const& result)
{
    auto const lock = detail::WriteLock::exclusive(result, std::chrono::milliseconds{0});
    if (int const code = detail::sync_path(result); code != 0)
        throw ResultFileError("cannot flush result file '" + result.native() + "' (" + detail::reason(code) +
                              "), so its journals stay. Check the disk");
    auto const bytes = detail::JournalFolder(journal_folder(result)).report().bytes;
    detail::remove_journal_files(journal_folder(result));
    return bytes;
}

std::optional<bool> has_writer(fs::path const& result)
{
    return detail::is_being_written(result);
}

}  // namespace ablatrix::store
