#include "detail/row_table.hpp"

#include <algorithm>
#include <utility>

#include <ablatrix/base/fault_point.hpp>
#include <ablatrix/base/fingerprint.hpp>

namespace ablatrix::store::detail {

namespace {

constexpr std::size_t block_bytes = std::size_t{16} << 20;

h5::Box row_of(h5::Dataset const& dataset, std::size_t row)
{
    return h5::Box::rows(dataset.shape(), row);
}

template <typename T>
void write_value(h5::Dataset& dataset, std::size_t row, T value)
{
    dataset.write<T>(row_of(dataset, row), std::span<T const>(&value, 1));
}

}  // namespace

RowTable::RowTable(h5::Dataset status, h5::Dataset checksum, std::vector<h5::Dataset> fields)
    : status_(std::move(status)), checksum_(std::move(checksum)), fields_(std::move(fields))
{
    auto const rows = status_.shape().at(0);
    auto const fits = [&](h5::Dataset const& dataset) {
        return !dataset.shape().empty() && dataset.shape().front() == rows;
    };
    for (auto const& field : fields_)
        if (!fits(field)) throw h5::H5Error("'" + field.path() + "' and '" + status_.path() + "' differ in rows", {});
    if (!fits(checksum_))
        throw h5::H5Error("'" + checksum_.path() + "' and '" + status_.path() + "' differ in rows", {});
}

std::size_t RowTable::field_bytes(std::size_t field) const
{
    auto const& dataset = fields_.at(field);
    auto const& shape = dataset.shape();
    std::size_t bytes = dataset.element_bytes();
    for (std::size_t i = 1; i < shape.size(); ++i)
        bytes *= shape[i];
    return bytes;
}

FieldBytes RowTable::record_of(std::uint8_t status, std::span<FieldBytes const> fields)
{
    FieldBytes record{std::byte{status}};
    for (auto const& field : fields)
        record.insert(record.end(), field.begin(), field.end());
    return record;
}

std::size_t RowTable::record_bytes() const
{
    std::size_t bytes = 1;
    for (std::size_t i = 0; i < fields_.size(); ++i)
        bytes += field_bytes(i);
    return bytes;
}

void RowTable::write(std::size_t row, std::span<std::byte const> record)
{
    ABLATRIX_EXPECT(row < size() && record.size() == record_bytes());
    write_value<std::uint8_t>(status_, row, 0);
    base::fault_point("row.cleared");
    auto rest = record.subspan(1);
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        std::size_t const bytes = field_bytes(i);
        fields_[i].write_bytes(row_of(fields_[i], row), rest.first(bytes));
        rest = rest.subspan(bytes);
    }
    base::fault_point("row.filled");
    write_value<std::uint64_t>(checksum_, row, base::checksum_of(record));
    base::fault_point("row.checked");
    write_value<std::uint8_t>(status_, row, static_cast<std::uint8_t>(record.front()));
    base::fault_point("row.done");
}

std::uint8_t RowTable::status(std::size_t row) const
{
    ABLATRIX_EXPECT(row < size());
    return status_.read<std::uint8_t>(row_of(status_, row)).front();
}

bool RowTable::verified(std::size_t row, std::uint8_t status) const
{
    ABLATRIX_EXPECT(row < size());
    if (this->status(row) != status) return false;
    std::vector<bool> outcome;
    check_block(row, 1, outcome);
    return outcome.front();
}

std::vector<bool> RowTable::all_verified(std::uint8_t status) const
{
    auto verified = all_whole();
    auto const found = statuses();
    for (std::size_t row = 0; row < verified.size(); ++row)
        verified[row] = verified[row] && found[row] == status;
    return verified;
}

std::vector<bool> RowTable::all_whole() const
{
    std::size_t const rows_per_block = std::max<std::size_t>(1, block_bytes / record_bytes());
    std::vector<bool> outcome;
    outcome.reserve(size());
    for (std::size_t first = 0; first < size(); first += rows_per_block)
        check_block(first, std::min(rows_per_block, size() - first), outcome);
    return outcome;
}

void RowTable::check_block(std::size_t first, std::size_t count, std::vector<bool>& outcome) const
{
    auto const rows = [&](h5::Dataset const& dataset) { return h5::Box::rows(dataset.shape(), first, count); };
    auto const statuses = status_.read<std::uint8_t>(rows(status_));
    // Rows that nobody has written yet are the rule at the start of a grid, and need no further look.
    if (std::all_of(statuses.begin(), statuses.end(), [](auto status) { return status == 0; })) {
        outcome.insert(outcome.end(), count, false);
        return;
    }
    auto const checksums = checksum_.read<std::uint64_t>(rows(checksum_));
    std::vector<FieldBytes> blocks;
    for (auto const& field : fields_)
        blocks.push_back(field.read_bytes(rows(field)));
    FieldBytes record;
    for (std::size_t row = 0; row < count; ++row) {
        record.assign(1, std::byte{statuses[row]});
        for (auto const& block : blocks) {
            std::size_t const bytes = block.size() / count;
            auto const begin = block.begin() + static_cast<std::ptrdiff_t>(row * bytes);
            record.insert(record.end(), begin, begin + static_cast<std::ptrdiff_t>(bytes));
        }
        outcome.push_back(statuses[row] != 0 && checksums[row] == base::checksum_of(record));
    }
}

FieldBytes RowTable::read(std::size_t field, std::size_t row) const
{
    ABLATRIX_EXPECT(row < size());
    auto const& dataset = fields_.at(field);
    return dataset.read_bytes(row_of(dataset, row));
}

}  // namespace ablatrix::store::detail
