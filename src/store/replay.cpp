#include "detail/replay.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/h5/error.hpp>
#include <ablatrix/h5/file.hpp>

#include "detail/create_file.hpp"
#include "detail/layout_io.hpp"
#include "detail/unpublished_file.hpp"

namespace fs = std::filesystem;

namespace ablatrix::store {

namespace detail {

namespace {

constexpr auto done = static_cast<std::uint8_t>(RunStatus::done);
constexpr auto failed = static_cast<std::uint8_t>(RunStatus::failed);

/// Which rows the result file holds already.
class Present
{
  public:
    explicit Present(ResultTables const& tables)
        : runs_whole_(tables.runs.all_whole()),
          run_statuses_(tables.runs.statuses()),
          stages_(tables.stage_status.read<std::uint8_t>())
    {
        for (auto const& table : tables.truths)
            truths_.push_back(table.all_verified(done));
        for (auto const& table : tables.columns)
            columns_.push_back(table.all_verified(done));
    }

    bool contains(JournaledRow const& row) const
    {
        switch (row.key.table) {
            case JournalTable::truth:
                return truths_[row.key.item_set][row.key.row];
            case JournalTable::column:
                return columns_[row.key.item_set][row.key.row];
            case JournalTable::run:
                return runs_whole_[row.key.row] && (run_statuses_[row.key.row] == done || row.status == failed);
            case JournalTable::stage:
                return stages_[row.key.row] != 0;
            default:
                return true;
        }
    }

  private:
    std::vector<bool> runs_whole_;
    std::vector<std::uint8_t> run_statuses_, stages_;
    std::vector<std::vector<bool>> truths_, columns_;
};

void count(JournalTable table, Replayed& replayed)
{
    replayed.truths += table == JournalTable::truth ? 1 : 0;
    replayed.columns += table == JournalTable::column ? 1 : 0;
    replayed.runs += table == JournalTable::run ? 1 : 0;
    replayed.tasks += table == JournalTable::stage ? 1 : 0;
}

}  // namespace

Replayed replay(JournalFolder& journals, ResultTables& tables)
{
    Replayed replayed;
    replayed.journals = journals.report();
    if (journals.rows().empty()) return replayed;
    Present const present(tables);
    std::vector<JournaledRow> missing;
    for (auto const& row : journals.rows()) {
        if (!tables.fits(row.key, row.bytes))
            replayed.journals.damage.push_back("a record of another layout (row " + std::to_string(row.key.row) + ")");
        else if (!present.contains(row))
            missing.push_back(row);
    }
    std::sort(missing.begin(), missing.end(),
              [](auto const& a, auto const& b) { return std::tie(a.file, a.offset) < std::tie(b.file, b.offset); });
    // Runs last: a run that is done stands for its columns, too.
    std::stable_partition(missing.begin(), missing.end(),
                          [](auto const& row) { return row.key.table != JournalTable::run; });
    for (auto const& row : missing) {
        tables.write(row.key, journals.read(row));
        count(row.key.table, replayed);
    }
    return replayed;
}

}  // namespace detail

Replayed rebuild(fs::path const& folder, fs::path const& target)
{
    detail::JournalFolder journals(folder);
    auto const stored = journals.layout();
    if (!stored) {
        std::string why = journals.report().files == 0 ? "there are no journals" : "layout.log is missing or damaged";
        throw ResultFileError("cannot rebuild a result from '" + folder.native() + "' (" + why +
                              "). Name the folder of the journals, <result>.journal, with --from; a result file that "
                              "still opens restores layout.log when it is run again");
    }
    auto const& [layout, provenance] = *stored;
    if (fs::exists(fs::symlink_status(target)))
        throw ResultFileError("'" + target.native() + "' exists. Name another file with -o, or move it away");
    detail::UnpublishedFile unfinished(target.native() + ".rebuilding");
    detail::check_layout(layout, provenance);
    detail::create_file(unfinished.path(), layout, provenance);
    Replayed replayed;
    try {
        auto file = h5::File::open(unfinished.path(), {});
        auto tables = detail::ResultTables::open(file, layout);
        replayed = detail::replay(journals, tables);
    }
    catch (h5::H5Error const& error) {
        throw ResultFileError("cannot write '" + unfinished.path().native() + "': " + error.what() +
                              ". Check the disk");
    }
    unfinished.publish(target);
    return replayed;
}

}  // namespace ablatrix::store
