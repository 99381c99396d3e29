#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// \file
/// Journals hold every finished row of a result file once more, so that neither a kill between two writes, nor a lost
/// machine, nor a damaged or deleted HDF5 file costs finished work (docs/result-file.md, "Journals").

namespace ablatrix::store {

/// `<result>.journal`, the folder of a result file's journals.
std::filesystem::path journal_folder(std::filesystem::path const& result);

/// Are there journals with rows?
bool has_journals(std::filesystem::path const& result);

/// \throws ResultFileError naming `ablatrix rebuild` when \p result does not exist although it has journals
void refuse_lost_file(std::filesystem::path const& result);

/// What reading a folder of journals came upon.
struct JournalReport
{
    std::size_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    std::size_t torn = 0;             ///< journals that end in a record which a killed writer did not finish
    std::vector<std::string> damage;  ///< a sentence each
};

/// Rows that were taken from journals.
struct Replayed
{
    std::size_t runs = 0, truths = 0, columns = 0, tasks = 0;
    JournalReport journals;

    bool any() const noexcept { return runs + truths + columns + tasks > 0; }
};

/// Write the result file \p target, which must not exist, from the journals in \p folder alone. It appears whole or not
/// at all. \throws Error when there is no layout among the journals, or the disk is too small
Replayed rebuild(std::filesystem::path const& folder, std::filesystem::path const& target);

}  // namespace ablatrix::store
