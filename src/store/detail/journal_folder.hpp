#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/store/journal.hpp>
#include <ablatrix/store/result_file.hpp>

#include "journal.hpp"

namespace ablatrix::store::detail {

/// The newest record of a row among all journals.
struct JournaledRow
{
    RowKey key;
    std::uint8_t status = 0;
    std::uint32_t start = 0;
    std::int64_t time_ns = 0;
    std::uint32_t rank = 0;
    std::uint64_t sequence = 0;
    std::size_t file = 0;  ///< index among the journals
    std::uint64_t offset = 0;
    std::size_t bytes = 0;
};

/// All journals of one result file, read and checked from beginning to end.
///
///     <result>.journal/layout.log            the layout and provenance
///     <result>.journal/rank-<N>-start-<S>.log   rows that rank N wrote after the S-th start
class JournalFolder
{
  public:
    /// A folder that does not exist holds nothing. \throws Error when something cannot be read
    explicit JournalFolder(std::filesystem::path folder);

    /// Sorted by key, one a row: of several records of a row the last start counts, and in it the last time.
    std::vector<JournaledRow> const& rows() const noexcept { return rows_; }
    /// Status byte and fields, good until the next call; quick in the order of files and offsets.
    /// \throws Error when the journal has changed meanwhile
    std::span<std::byte const> read(JournaledRow const& row);
    /// Is the record of layout and provenance whole?
    bool has_layout() const noexcept { return layout_.has_value(); }
    /// Layout and provenance, unless their record is damaged. Parsed by the call: only a rebuild needs them.
    std::optional<std::pair<ResultLayout, Provenance>> layout();
    JournalReport const& report() const noexcept { return report_; }
    /// Number of the start after the last one.
    std::uint32_t next_start() const noexcept { return next_start_; }
    /// The first journal of another file than that of \p plan and \p layout; empty if there is none.
    std::filesystem::path foreign(base::Fingerprint const& plan, base::Fingerprint const& layout) const;

  private:
    void scan(std::filesystem::path const& file);
    void keep_newest();

    std::filesystem::path folder_;
    std::vector<std::filesystem::path> files_;
    std::vector<std::optional<JournalHeader>> headers_;
    std::vector<JournaledRow> rows_;
    std::optional<JournaledRow> layout_;
    JournalReport report_;
    std::uint32_t next_start_ = 1;
    std::size_t open_file_ = 0;
    std::optional<JournalBytes> open_bytes_;
};

/// Replace `layout.log` in \p folder, which is created if need be.
void write_layout_journal(std::filesystem::path const& folder, ResultLayout const& layout,
                          Provenance const& provenance);
/// Remove the journals in \p folder, and the folder unless it holds something else.
void remove_journal_files(std::filesystem::path const& folder);
/// A new journal for rows. \throws Error when there is one of that rank and start
JournalWriter open_journal(std::filesystem::path const& folder, JournalHeader const& header);

}  // namespace ablatrix::store::detail
