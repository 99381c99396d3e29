#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <ablatrix/h5/file.hpp>
#include <ablatrix/store/result_file.hpp>

#include "journal.hpp"
#include "row_table.hpp"

namespace ablatrix::store::detail {

/// Every dataset that is written after the file's creation.
struct ResultTables
{
    RowTable runs;
    std::vector<RowTable> truths, columns;  ///< one per item set
    h5::Dataset stage_status, stage_attempts, stage_worker, stage_seconds, stage_bytes;

    /// \throws H5Error when \p file lacks one, or their sizes disagree
    static ResultTables open(h5::File const& file, ResultLayout const& layout);

    /// Is there such a row, and has it that many bytes?
    bool fits(RowKey const& key, std::size_t bytes) const;
    /// \p record: the status byte and the fields of the row. It must fit.
    void write(RowKey const& key, std::span<std::byte const> record);

  private:
    void write_stage(std::size_t stage, std::span<std::byte const> record);
};

/// A task's row as a journal holds it.
FieldBytes stage_record(StageRecord const& record);

}  // namespace ablatrix::store::detail
