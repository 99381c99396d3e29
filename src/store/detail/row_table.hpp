#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/h5/file.hpp>

namespace ablatrix::store::detail {

/// The bytes of one row of one field, as stored.
using FieldBytes = std::vector<std::byte>;

template <typename T>
FieldBytes to_bytes(std::span<T const> values)
{
    auto const bytes = std::as_bytes(values);
    return {bytes.begin(), bytes.end()};
}

template <typename T>
std::vector<T> from_bytes(std::span<std::byte const> bytes)
{
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
    return values;
}

/// Datasets that share their first dimension, with a status byte and a checksum per row.
///
/// A row is written as status 0, fields, checksum, status; so whoever reads a status other than 0 and a matching
/// checksum reads a whole row, even after a kill. The checksum is XXH3-64 over the status byte and the fields in order.
class RowTable
{
  public:
    RowTable(h5::Dataset status, h5::Dataset checksum, std::vector<h5::Dataset> fields);

    std::size_t size() const { return static_cast<std::size_t>(status_.shape().front()); }

    /// \p record: what record_of() makes of a row
    void write(std::size_t row, std::span<std::byte const> record);
    /// The status byte followed by the fields in order: what a row's checksum is over.
    static FieldBytes record_of(std::uint8_t status, std::span<FieldBytes const> fields);
    std::size_t record_bytes() const;

    std::uint8_t status(std::size_t row) const;
    std::vector<std::uint8_t> statuses() const { return status_.read<std::uint8_t>(); }
    /// Has the row this status and a matching checksum?
    bool verified(std::size_t row, std::uint8_t status) const;
    std::vector<bool> all_verified(std::uint8_t status) const;
    /// Rows with any status but 0, and a matching checksum.
    std::vector<bool> all_whole() const;

    FieldBytes read(std::size_t field, std::size_t row) const;
    template <typename T>
    std::vector<T> values(std::size_t field, std::size_t row) const
    {
        return from_bytes<T>(read(field, row));
    }
    template <typename T>
    T value(std::size_t field, std::size_t row) const
    {
        auto const all = values<T>(field, row);
        ABLATRIX_ASSERT(all.size() == 1);
        return all.front();
    }
    /// Bytes of a row of \p field.
    std::size_t field_bytes(std::size_t field) const;

  private:
    /// Appends the outcome of all_whole() for rows [first, first + count).
    void check_block(std::size_t first, std::size_t count, std::vector<bool>& outcome) const;

    h5::Dataset status_;
    h5::Dataset checksum_;
    std::vector<h5::Dataset> fields_;
};

}  // namespace ablatrix::store::detail
