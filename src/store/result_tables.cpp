#include "detail/result_tables.hpp"

#include <cstdint>
#include <cstring>

#include <ablatrix/base/error.hpp>

#include "detail/layout_io.hpp"

namespace ablatrix::store::detail {

namespace {

constexpr std::size_t stage_bytes_each = 1 + 2 * sizeof(std::int32_t) + sizeof(double) + sizeof(std::int64_t);

/// Place the next value of \p rest and step behind it.
template <typename T>
void take(T value, std::span<std::byte>& rest)
{
    std::memcpy(rest.data(), &value, sizeof value);
    rest = rest.subspan(sizeof value);
}

/// Write the next value of \p record and step behind it.
template <typename T>
void put_next(h5::Dataset& dataset, std::size_t row, std::span<std::byte const>& record)
{
    T value;
    std::memcpy(&value, record.data(), sizeof value);
    dataset.write<T>(h5::Box::rows(dataset.shape(), row), std::span<T const>(&value, 1));
    record = record.subspan(sizeof value);
}

/// Null for tasks, which have no checksums.
template <typename Tables>
auto table_of(Tables& tables, RowKey const& key) -> decltype(&tables.runs)
{
    switch (key.table) {
        case JournalTable::truth:
            return key.item_set < tables.truths.size() ? &tables.truths[key.item_set] : nullptr;
        case JournalTable::column:
            return key.item_set < tables.columns.size() ? &tables.columns[key.item_set] : nullptr;
        case JournalTable::run:
            return &tables.runs;
        default:
            return nullptr;
    }
}

}  // namespace

FieldBytes stage_record(StageRecord const& record)
{
    FieldBytes bytes(stage_bytes_each);
    std::span<std::byte> rest(bytes);
    take(record.status, rest);
    take(record.attempts, rest);
    take(record.worker, rest);
    take(record.seconds, rest);
    take(record.bytes, rest);
    return bytes;
}

ResultTables ResultTables::open(h5::File const& file, ResultLayout const& layout)
{
    ResultTables tables{open_runs(file, layout),
                        {},
                        {},
                        file.open_dataset("/stages/status"),
                        file.open_dataset("/stages/attempts"),
                        file.open_dataset("/stages/worker"),
                        file.open_dataset("/stages/seconds"),
                        file.open_dataset("/stages/bytes")};
    for (auto const& set : layout.item_sets) {
        tables.truths.push_back(open_truths(file, set));
        tables.columns.push_back(open_columns(file, set));
    }
    return tables;
}

bool ResultTables::fits(RowKey const& key, std::size_t bytes) const
{
    if (key.table == JournalTable::stage) return key.row < stage_status.shape().at(0) && bytes == stage_bytes_each;
    auto const* const table = table_of(*this, key);
    return table != nullptr && key.row < table->size() && bytes == table->record_bytes();
}

void ResultTables::write(RowKey const& key, std::span<std::byte const> record)
{
    ABLATRIX_EXPECT(fits(key, record.size()));
    if (key.table == JournalTable::stage)
        write_stage(key.row, record);
    else
        table_of(*this, key)->write(key.row, record);
}

void ResultTables::write_stage(std::size_t stage, std::span<std::byte const> record)
{
    auto rest = record.subspan(1);
    put_next<std::int32_t>(stage_attempts, stage, rest);
    put_next<std::int32_t>(stage_worker, stage, rest);
    put_next<double>(stage_seconds, stage, rest);
    put_next<std::int64_t>(stage_bytes, stage, rest);
    put_next<std::uint8_t>(stage_status, stage, record);
}

}  // namespace ablatrix::store::detail
