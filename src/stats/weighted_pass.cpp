#include "detail/weighted_pass.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <ablatrix/base/error.hpp>

#include "detail/scores.hpp"

// The hot loops are compiled for several instruction sets and the best one is picked at start. Lanes are independent
// and contraction is off, so all give the same bits. Sanitizers run before the choice can be made.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ABLATRIX_SIMD __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ABLATRIX_SIMD
#endif
#define ABLATRIX_INLINE __attribute__((always_inline)) inline

namespace ablatrix::stats::detail {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Words of two draws for every lane: Philox4x32-10, the lanes side by side.
struct alignas(64) DrawWords
{
    std::uint32_t x[4][lanes];
};

struct alignas(64) LaneCounter
{
    std::uint32_t replicate[lanes];
    std::uint32_t level[lanes];
};

ABLATRIX_INLINE void philox_lanes(std::uint32_t pair, LaneCounter const& counter, Purpose purpose, std::uint64_t key,
                                  DrawWords& words)
{
    auto key0 = static_cast<std::uint32_t>(key);
    auto key1 = static_cast<std::uint32_t>(key >> 32);
    for (std::size_t i = 0; i < lanes; ++i) {
        words.x[0][i] = pair;
        words.x[1][i] = counter.replicate[i];
        words.x[2][i] = counter.level[i];
        words.x[3][i] = static_cast<std::uint32_t>(purpose);
    }
    for (int round = 0; round < 10; ++round) {
        for (std::size_t i = 0; i < lanes; ++i) {
            std::uint64_t const a = std::uint64_t{0xD2511F53U} * words.x[0][i];
            std::uint64_t const b = std::uint64_t{0xCD9E8D57U} * words.x[2][i];
            std::uint32_t const x0 = static_cast<std::uint32_t>(b >> 32) ^ words.x[1][i] ^ key0;
            std::uint32_t const x2 = static_cast<std::uint32_t>(a >> 32) ^ words.x[3][i] ^ key1;
            words.x[0][i] = x0;
            words.x[1][i] = static_cast<std::uint32_t>(b);
            words.x[2][i] = x2;
            words.x[3][i] = static_cast<std::uint32_t>(a);
        }
        key0 += 0x9E3779B9U;
        key1 += 0xBB67AE85U;
    }
}

/// One stratum's draws: counts[i] for unit i of the stratum.
ABLATRIX_SIMD bool draw_stratum(LaneCounter const& counter, Purpose purpose, std::uint64_t key, std::uint32_t size,
                                UnitCounts* counts)
{
    DrawWords words;
    alignas(64) std::uint32_t index[2][lanes];
    std::uint32_t overflow = 0;
    for (std::uint32_t pair = 0; 2 * pair < size; ++pair) {
        philox_lanes(pair, counter, purpose, key, words);
        for (std::size_t half = 0; half < 2; ++half) {
            for (std::size_t i = 0; i < lanes; ++i) {
                std::uint64_t const low = std::uint64_t{words.x[2 * half][i]} * size;
                std::uint64_t const high = std::uint64_t{words.x[2 * half + 1][i]} * size;
                index[half][i] = static_cast<std::uint32_t>((high + (low >> 32)) >> 32);
            }
        }
        std::size_t const draws = 2 * pair + 1 < size ? 2 : 1;
        for (std::size_t half = 0; half < draws; ++half) {
            for (std::size_t i = 0; i < lanes; ++i) {
                std::uint8_t const count = ++counts[index[half][i]].lane[i];
                overflow |= count == 0 ? 1U : 0U;
            }
        }
    }
    return overflow == 0;
}

/// floor(2^64 F(k)) of Poisson(1), k = 0 .. 19.
constexpr std::uint64_t poisson_thresholds[] = {
    0x5e2d58d8b3bcdf1aU, 0xbc5ab1b16779be35U, 0xeb715e1dc1582dc2U, 0xfb23979734a252f1U, 0xff1025f59174dc3dU,
    0xffd90f3ba4055e19U, 0xfffa8b71fc72c913U, 0xffff540c0914b3c9U, 0xffffed1f4aa8f120U, 0xfffffe216e641462U,
    0xffffffd4d85d3183U, 0xfffffffc6da262b4U, 0xffffffffba12d178U, 0xfffffffffb07c64cU, 0xffffffffffab8ea5U,
    0xfffffffffffabe22U, 0xffffffffffffb11aU, 0xfffffffffffffba1U, 0xffffffffffffffc5U, 0xfffffffffffffffdU};

ABLATRIX_SIMD void draw_poisson_units(LaneCounter const& counter, std::uint64_t key, std::uint32_t units,
                                      UnitCounts* counts)
{
    DrawWords words;
    for (std::uint32_t pair = 0; 2 * pair < units; ++pair) {
        philox_lanes(pair, counter, Purpose::poisson, key, words);
        std::size_t const draws = 2 * pair + 1 < units ? 2 : 1;
        for (std::size_t half = 0; half < draws; ++half) {
            for (std::size_t i = 0; i < lanes; ++i) {
                std::uint64_t const u = words.x[2 * half][i] | std::uint64_t{words.x[2 * half + 1][i]} << 32;
                std::uint8_t count = 0;
                for (std::uint64_t const threshold : poisson_thresholds)
                    count += threshold <= u ? 1 : 0;
                counts[2 * pair + half].lane[i] = count;
            }
        }
    }
}

ABLATRIX_SIMD void draw_label_items(LaneCounter const& counter, std::uint64_t key, double const* probability,
                                    std::uint32_t items, UnitCounts* labels)
{
    DrawWords words;
    for (std::uint32_t pair = 0; 2 * pair < items; ++pair) {
        philox_lanes(pair, counter, Purpose::null_labels, key, words);
        std::size_t const draws = 2 * pair + 1 < items ? 2 : 1;
        for (std::size_t half = 0; half < draws; ++half) {
            // u < p for u = bits / 2^53, in integers.
            auto const below = static_cast<std::uint64_t>(std::ceil(probability[2 * pair + half] * 0x1p53));
            for (std::size_t i = 0; i < lanes; ++i) {
                std::uint64_t const bits = words.x[2 * half][i] | std::uint64_t{words.x[2 * half + 1][i]} << 32;
                labels[2 * pair + half].lane[i] = bits >> 11 < below ? 1 : 0;
            }
        }
    }
}

using Bytes = std::uint8_t __attribute__((vector_size(lanes)));
using Words = std::uint16_t __attribute__((vector_size(2 * lanes)));

/// total += counts of the rows. Written with vector types, as this loop is most of the time and compilers miss it;
/// sixteen-bit sums hold 257 bytes.
ABLATRIX_INLINE void add_rows(std::uint32_t const* units, std::size_t rows, UnitCounts const* counts,
                              std::uint32_t (&total)[lanes])
{
    while (rows > 0) {
        std::size_t const chunk = std::min<std::size_t>(rows, 256);
        Words sum = {};
        for (std::size_t r = 0; r < chunk; ++r) {
            Bytes row;
            std::memcpy(&row, counts[units[r]].lane, sizeof row);
            sum += __builtin_convertvector(row, Words);
        }
        for (std::size_t i = 0; i < lanes; ++i)
            total[i] += sum[i];
        units += chunk;
        rows -= chunk;
    }
}

ABLATRIX_SIMD void add_all_rows(std::uint32_t const* units, std::size_t rows, UnitCounts const* counts,
                                std::uint32_t (&total)[lanes])
{
    add_rows(units, rows, counts, total);
}

ABLATRIX_SIMD void add_all_products(std::uint32_t const* units, double const* values, std::size_t rows,
                                    UnitCounts const* counts, double (&total)[lanes])
{
    alignas(64) double sum[lanes] = {};
    for (std::size_t r = 0; r < rows; ++r) {
        std::uint8_t const* row = counts[units[r]].lane;
        double const value = values[r];
        for (std::size_t i = 0; i < lanes; ++i)
            sum[i] += static_cast<double>(static_cast<int>(row[i])) * value;
    }
    for (std::size_t i = 0; i < lanes; ++i)
        total[i] = sum[i];
}

/// Hits among the k highest of each lane.
struct alignas(64) HitState
{
    std::uint32_t k[lanes];
    std::uint32_t open[lanes];  // 1 until rank k is reached
    double hits[lanes];
    bool done = false;
};

struct alignas(64) PassState
{
    std::uint32_t tp[lanes];
    std::uint32_t fp[lanes];
    std::uint32_t p[lanes];
    std::uint32_t q[lanes];
    std::uint64_t negatives_below[lanes];  // sum of q * TP before the group
    std::uint64_t ties[lanes];             // sum of q * p
    double precision[lanes];               // sum of p TP / (TP + FP)
    std::uint32_t fp_at_95[lanes];
    std::uint32_t open_95[lanes];
    bool done_95 = false;
};

ABLATRIX_INLINE void update_hits(PassState const& state, HitState& hit)
{
    std::uint32_t reached = 0;
    for (std::size_t i = 0; i < lanes; ++i) {
        std::uint32_t const end = state.tp[i] + state.fp[i] + state.p[i] + state.q[i];
        reached |= static_cast<std::uint32_t>(end >= hit.k[i]) & hit.open[i];
    }
    if (reached == 0) return;
    std::uint32_t open = 0;
    for (std::size_t i = 0; i < lanes; ++i) {
        std::uint32_t const begin = state.tp[i] + state.fp[i];
        std::uint32_t const size = state.p[i] + state.q[i];
        if (hit.open[i] != 0 && begin + size >= hit.k[i]) {
            std::uint64_t const inside = std::uint64_t{hit.k[i] - begin} * state.p[i];
            hit.hits[i] = static_cast<double>(state.tp[i]) + static_cast<double>(inside) / static_cast<double>(size);
            hit.open[i] = 0;
        }
        open |= hit.open[i];
    }
    hit.done = open == 0;
}

ABLATRIX_INLINE void close_negatives(PassState& state)
{
    for (std::size_t i = 0; i < lanes; ++i) {
        state.negatives_below[i] += std::uint64_t{state.q[i]} * state.tp[i];
        state.fp[i] += state.q[i];
    }
}

ABLATRIX_INLINE void close_mixed(PassState& state)
{
    for (std::size_t i = 0; i < lanes; ++i) {
        state.negatives_below[i] += std::uint64_t{state.q[i]} * state.tp[i];
        state.ties[i] += std::uint64_t{state.q[i]} * state.p[i];
        state.tp[i] += state.p[i];
        state.fp[i] += state.q[i];
    }
}

ABLATRIX_INLINE void close_positives(PassState& state)
{
    for (std::size_t i = 0; i < lanes; ++i)
        state.tp[i] += state.p[i];
}

ABLATRIX_INLINE void update_precision(PassState& state)
{
    for (std::size_t i = 0; i < lanes; ++i) {
        // Signed conversions are single instructions; counts stay far below 2^31. p = 0 adds 0.
        auto const p = static_cast<double>(static_cast<std::int32_t>(state.p[i]));
        auto const tp = static_cast<double>(static_cast<std::int32_t>(state.tp[i]));
        auto const c = static_cast<double>(static_cast<std::int32_t>(std::max(state.tp[i] + state.fp[i], 1U)));
        state.precision[i] += p * tp / c;
    }
}

ABLATRIX_INLINE void update_tnr(PassState& state, std::uint32_t const (&wanted)[lanes])
{
    std::uint32_t open = 0;
    for (std::size_t i = 0; i < lanes; ++i) {
        state.fp_at_95[i] = state.open_95[i] != 0 ? state.fp[i] : state.fp_at_95[i];
        state.open_95[i] &= static_cast<std::uint32_t>(20 * state.tp[i] < wanted[i]);
        open |= state.open_95[i];
    }
    state.done_95 = open == 0;
}

ABLATRIX_SIMD void walk(SortedColumn const& column, UnitCounts const* counts, std::uint32_t const (&wanted)[lanes],
                        bool average_precision, bool tnr, PassState& state, HitState* hits, std::size_t n_hits)
{
    std::uint32_t const* units = column.units.data();
    for (SortedColumn::Segment const segment : column.segments) {
        for (std::size_t i = 0; i < lanes; ++i)
            state.q[i] = 0;
        for (std::size_t i = 0; i < lanes; ++i)
            state.p[i] = 0;
        add_rows(units, segment.negatives, counts, state.q);
        units += segment.negatives;
        add_rows(units, segment.positives, counts, state.p);
        units += segment.positives;
        for (std::size_t h = 0; h < n_hits; ++h) {
            if (!hits[h].done) update_hits(state, hits[h]);
        }
        if (segment.positives == 0) {
            close_negatives(state);
            continue;
        }
        if (segment.negatives == 0) {
            close_positives(state);
        }
        else {
            close_mixed(state);
        }
        if (average_precision) update_precision(state);
        if (tnr && !state.done_95) update_tnr(state, wanted);
    }
}

LaneCounter counter_of(Lanes<LaneJob> const& jobs, std::size_t strata, std::size_t stratum)
{
    LaneCounter counter;
    for (std::size_t i = 0; i < lanes; ++i) {
        counter.replicate[i] = jobs[i].replicate;
        counter.level[i] = static_cast<std::uint32_t>(jobs[i].slot * strata + stratum);
    }
    return counter;
}

}  // namespace

void draw_multinomial(UnitLayout const& layout, std::uint64_t key, Lanes<LaneJob> const& jobs,
                      std::span<UnitCounts> counts)
{
    ABLATRIX_EXPECT(counts.size() == layout.units);
    std::fill(counts.begin(), counts.end(), UnitCounts{});
    std::size_t first = 0;
    for (std::size_t stratum = 0; stratum < layout.stratum_size.size(); ++stratum) {
        LaneCounter const counter = counter_of(jobs, layout.stratum_size.size(), stratum);
        std::uint32_t const size = layout.stratum_size[stratum];
        bool const fits = draw_stratum(counter, layout.purpose, key, size, counts.data() + first);
        ABLATRIX_VALIDATE(fits, "a unit was drawn more than 255 times in one resample. Use another bootstrap seed");
        first += size;
    }
}

void draw_poisson(std::uint64_t key, Lanes<LaneJob> const& jobs, std::span<UnitCounts> counts)
{
    LaneCounter const counter = counter_of(jobs, 1, 0);
    draw_poisson_units(counter, key, static_cast<std::uint32_t>(counts.size()), counts.data());
}

void draw_labels(std::uint64_t key, Lanes<LaneJob> const& jobs, std::span<double const> probability,
                 std::span<UnitCounts> labels)
{
    ABLATRIX_EXPECT(probability.size() == labels.size());
    LaneCounter const counter = counter_of(jobs, 1, 0);
    draw_label_items(counter, key, probability.data(), static_cast<std::uint32_t>(labels.size()), labels.data());
}

Lanes<std::uint32_t> sum_counts(std::span<std::uint32_t const> units, std::span<UnitCounts const> counts)
{
    alignas(64) std::uint32_t total[lanes] = {};
    add_all_rows(units.data(), units.size(), counts.data(), total);
    Lanes<std::uint32_t> result;
    std::copy(std::begin(total), std::end(total), result.begin());
    return result;
}

Lanes<double> sum_products(std::span<std::uint32_t const> units, std::span<double const> values,
                           std::span<UnitCounts const> counts)
{
    ABLATRIX_EXPECT(units.size() == values.size());
    alignas(64) double total[lanes];
    add_all_products(units.data(), values.data(), units.size(), counts.data(), total);
    Lanes<double> result;
    std::copy(std::begin(total), std::end(total), result.begin());
    return result;
}

SortedColumn sort_column(std::span<double const> scores, std::span<std::uint8_t const> positive,
                         std::span<std::uint32_t const> unit_of_item)
{
    TieOrder const order = order_descending(scores);
    SortedColumn column;
    column.units.reserve(scores.size());
    std::size_t begin = 0;
    for (std::size_t const end : order.group_end) {
        SortedColumn::Segment segment{0, 0};
        for (std::uint8_t const label : {0, 1}) {
            for (std::size_t i = begin; i < end; ++i) {
                std::uint32_t const row = order.rows[i];
                if (positive[row] != label) continue;
                column.units.push_back(unit_of_item[row]);
                ++(label == 0 ? segment.negatives : segment.positives);
            }
        }
        bool const extends =
            segment.positives == 0 && !column.segments.empty() && column.segments.back().positives == 0;
        if (extends) {
            column.segments.back().negatives += segment.negatives;
        }
        else {
            column.segments.push_back(segment);
        }
        begin = end;
    }
    return column;
}

void weighted_pass(SortedColumn const& column, std::span<UnitCounts const> counts,
                   Lanes<std::uint32_t> const& positives, Lanes<std::uint32_t> const& negatives,
                   PassRequest const& request, PassResult& result)
{
    PassState state{};
    alignas(64) std::uint32_t wanted[lanes];
    for (std::size_t i = 0; i < lanes; ++i) {
        wanted[i] = 19 * positives[i];
        state.open_95[i] = 1;
    }
    std::vector<HitState> hits(request.K.size());
    result.k.resize(request.K.size());
    result.hits.resize(request.K.size());
    for (std::size_t h = 0; h < hits.size(); ++h) {
        for (std::size_t i = 0; i < lanes; ++i) {
            double const n = static_cast<double>(positives[i]) + static_cast<double>(negatives[i]);
            hits[h].k[i] = std::max(1U, static_cast<std::uint32_t>(std::floor(n * request.K[h] + 1e-9)));
            hits[h].open[i] = 1;
            hits[h].hits[i] = nan;
            result.k[h][i] = hits[h].k[i];
        }
    }
    walk(column, counts.data(), wanted, request.average_precision, request.tnr, state, hits.data(), hits.size());
    for (std::size_t i = 0; i < lanes; ++i) {
        bool const both = positives[i] > 0 && negatives[i] > 0;
        auto const P = static_cast<double>(positives[i]);
        auto const N = static_cast<double>(negatives[i]);
        auto const twice_u = static_cast<double>(2 * state.negatives_below[i] + state.ties[i]);
        result.auroc[i] = both ? twice_u / (2.0 * P * N) : nan;
        result.average_precision[i] = positives[i] > 0 ? state.precision[i] / P : nan;
        result.tnr[i] = both ? 1 - static_cast<double>(state.fp_at_95[i]) / N : nan;
    }
    for (std::size_t h = 0; h < hits.size(); ++h) {
        std::copy(std::begin(hits[h].hits), std::end(hits[h].hits), result.hits[h].begin());
    }
}

}  // namespace ablatrix::stats::detail
