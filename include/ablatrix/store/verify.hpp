#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/store/journal.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::store {

/// What reading every row of a result file came upon.
struct VerifyReport
{
    struct Table
    {
        std::string name;  ///< "runs", "columns of 'detection'"
        std::size_t rows = 0, done = 0, failed = 0, pending = 0, damaged = 0;
    };
    std::vector<Table> tables;
    std::vector<std::string> damage;  ///< a row each: which, and what is wrong with it
    std::size_t pending_runs = 0;
};

/// Checksums of all runs, columns and ground truths, and whether the columns and truths of finished runs are there. The
/// layout's checksum has been compared when the file was opened.
VerifyReport verify(ResultFile const& file);

/// The journals of a result file, read from beginning to end.
struct JournalCheck
{
    JournalReport report;
    std::size_t finished_rows = 0;  ///< runs, columns and ground truths that are done or failed in \p file
    std::size_t held_rows = 0;      ///< of these, those of which the journals have a record
};
JournalCheck check_journals(ResultFile const& file);

/// Flush \p result to the device and remove its journals. \return bytes freed
/// \throws ResultFileError while somebody writes the file
std::uint64_t remove_journals(std::filesystem::path const& result);

/// Does a running program write the file? None when locks cannot tell.
std::optional<bool> has_writer(std::filesystem::path const& result);

}  // namespace ablatrix::store
