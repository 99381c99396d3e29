#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stream.hpp"

/// \file
/// The inner loops of the bootstrap: 32 resamples ("lanes") at a time.
///
/// A resample is a count per unit (item or group). Counts of the 32 lanes of one unit are 32 neighbouring bytes, so a
/// walk over a sorted column adds one vector per row. Everything is integer arithmetic until a tie group closes, and
/// lanes never mix: results are the same on every instruction set and for any split into blocks.

namespace ablatrix::stats::detail {

inline constexpr std::size_t lanes = 32;

struct alignas(lanes) UnitCounts
{
    std::uint8_t lane[lanes];
};

template <typename T>
using Lanes = std::array<T, lanes>;

/// Which resample a lane holds. Nested seeds draw once per slot; elsewhere the slot is 0.
struct LaneJob
{
    std::uint32_t replicate;
    std::uint32_t slot;
};

/// Units are numbered so that a stratum's units are neighbours, lowest class first, canonical order inside.
struct UnitLayout
{
    std::vector<std::uint32_t> unit_of_item;
    std::vector<std::uint32_t> stratum_size;
    Purpose purpose = Purpose::item;
    std::size_t units = 0;
};

/// Draw the resamples of \p jobs into \p counts (one entry per unit): with replacement inside each stratum.
/// \throws Error when a unit is drawn more than 255 times
void draw_multinomial(UnitLayout const& layout, std::uint64_t key, Lanes<LaneJob> const& jobs,
                      std::span<UnitCounts> counts);
/// Independent Poisson(1) counts per unit (Hanley and MacGibbon 2006).
void draw_poisson(std::uint64_t key, Lanes<LaneJob> const& jobs, std::span<UnitCounts> counts);

/// Labels of items whose probabilities of being 1 are \p probability: 0 or 1 in every lane (Purpose::null_labels).
void draw_labels(std::uint64_t key, Lanes<LaneJob> const& jobs, std::span<double const> probability,
                 std::span<UnitCounts> labels);

/// Total count of the listed units.
Lanes<std::uint32_t> sum_counts(std::span<std::uint32_t const> units, std::span<UnitCounts const> counts);
/// Sum of count times value, in order.
Lanes<double> sum_products(std::span<std::uint32_t const> units, std::span<double const> values,
                           std::span<UnitCounts const> counts);

/// A score column sorted once. A segment is a tie group; neighbouring groups without positives are one segment, as no
/// metric looks between them.
struct SortedColumn
{
    struct Segment
    {
        std::uint32_t negatives, positives;  // rows
    };
    std::vector<std::uint32_t> units;  // of the rows, by descending score; in a segment the negatives come first
    std::vector<Segment> segments;
};
SortedColumn sort_column(std::span<double const> scores, std::span<std::uint8_t const> positive,
                         std::span<std::uint32_t const> unit_of_item);

/// Metrics to compute in one walk; AUROC always is.
struct PassRequest
{
    bool average_precision = false;
    bool tnr = false;
    std::span<double const> K;  // shares for the *_at metrics
};

struct PassResult
{
    Lanes<double> auroc, average_precision, tnr;
    std::vector<Lanes<double>> hits;      // per K
    std::vector<Lanes<std::uint32_t>> k;  // per K
};

/// \p positives and \p negatives: total counts per lane (sum_counts over the classes). Undefined values are NaN.
void weighted_pass(SortedColumn const& column, std::span<UnitCounts const> counts,
                   Lanes<std::uint32_t> const& positives, Lanes<std::uint32_t> const& negatives,
                   PassRequest const& request, PassResult& result);

}  // namespace ablatrix::stats::detail
