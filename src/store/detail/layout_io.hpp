#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <ablatrix/h5/file.hpp>
#include <ablatrix/store/result_file.hpp>

#include "row_table.hpp"

namespace ablatrix::store::detail {

inline constexpr std::string_view format_name = "ablatrix-result";
inline constexpr std::int64_t format_version = 2;
/// On the root of a file that is compressed and therefore read-only.
inline constexpr std::string_view packed_attribute = "packed";

/// Padding of arrays that are shorter than their slot; scores are padded with NaN.
inline constexpr std::int32_t no_label = -1;
inline constexpr std::uint8_t no_flag = 255;

/// A slot of fixed length, as a dataset of texts holds it.
struct TextSlot
{
    std::size_t bytes;
};

/// One dataset of the file: where, how large, and either its fill value (whose type is the dataset's) or its contents.
struct DatasetPlan
{
    std::string path;
    h5::Shape shape;
    std::variant<std::uint8_t, std::int32_t, std::int64_t, std::uint64_t, double, TextSlot, std::vector<std::string>,
                 std::vector<std::int32_t>>
        content;
    std::string description;
};

/// Every dataset, in the order of the file. The only place that knows the format; docs/result-file.md repeats it.
std::vector<DatasetPlan> plan_datasets(ResultLayout const& layout, Provenance const& provenance);
/// On disk, without HDF5's own records.
std::uint64_t bytes_of(DatasetPlan const& plan);

/// \throws Error when names in \p layout cannot be names in a file; ContractError when its sizes disagree
void check_layout(ResultLayout const& layout, Provenance const& provenance);
void write_layout(h5::File& file, ResultLayout const& layout, Provenance const& provenance);
ResultLayout read_layout(h5::File const& file);
Provenance read_provenance(h5::File const& file);

// Fields of the three tables, in the order of their checksums.

struct RunField
{
    enum : std::size_t
    {
        attempts,
        worker,
        device,
        start_s,
        seconds,
        error,
        scalars,
        first_metrics
    };
};
struct TruthField
{
    enum : std::size_t
    {
        length,
        item,
        clean,
        observed,
        is_noisy
    };
};
struct ColumnField
{
    enum : std::size_t
    {
        length,
        values,
        metrics,
        roc,
        pr
    };
    /// Field behind those that \p set has.
    static std::size_t confidence(ItemSetLayout const& set) { return set.curves ? pr + 1 : metrics + 1; }
    static std::size_t count(ItemSetLayout const& set) { return confidence(set) + (set.has_confidence ? 1 : 0); }
};

RowTable open_runs(h5::File const& file, ResultLayout const& layout);
RowTable open_truths(h5::File const& file, ItemSetLayout const& set);
RowTable open_columns(h5::File const& file, ItemSetLayout const& set);

}  // namespace ablatrix::store::detail
