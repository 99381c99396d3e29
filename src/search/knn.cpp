#include <ablatrix/search/knn.hpp>

#include <faiss/IndexFlat.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/parallel.hpp>

// Faiss finds candidates with single-precision matrix products, whose last bits depend on block sizes and on the BLAS.
// The answer must not, so candidates are scored again in double precision, one pair at a time, and a row is done only
// when a rounding bound shows that no vector Faiss left out can belong to it.

namespace ablatrix::search {
namespace {

constexpr std::int64_t block_rows = 1024;
constexpr std::int64_t first_slack = 16;   ///< candidates beyond k + 1 in the first round
constexpr std::int64_t second_round = 16;  ///< times as many in the second; then every row is compared
constexpr double float_unit = 0x1p-23;     ///< twice the unit roundoff of single precision

struct Candidate
{
    float value;
    std::int32_t index;
};

/// Keeps OpenMP loops inside Faiss and BLAS on the calling thread: the blocks are already spread over threads.
class OneOpenMpThread
{
  public:
    OneOpenMpThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
    ~OneOpenMpThread() { omp_set_num_threads(before_); }
    OneOpenMpThread(OneOpenMpThread const&) = delete;
    OneOpenMpThread& operator=(OneOpenMpThread const&) = delete;

  private:
    int before_;
};

class Searcher
{
  public:
    Searcher(std::span<float const> vectors, std::int64_t dim, std::int64_t k, Metric metric,
             std::span<std::uint8_t const> valid, std::span<std::int64_t const> group)
        : vectors_(vectors), dim_(dim), k_(k), metric_(metric), group_(group)
    {
        auto const n = static_cast<std::int64_t>(vectors.size()) / dim;
        norm_.resize(static_cast<std::size_t>(n));
        std::vector<float> kept;
        for (std::int64_t i = 0; i < n; ++i) {
            if (!valid.empty() && valid[static_cast<std::size_t>(i)] == 0) continue;
            ids_.push_back(static_cast<std::int32_t>(i));
            norm_[static_cast<std::size_t>(i)] = std::sqrt(dot(row(i), row(i)));
            ABLATRIX_VALIDATE(
                std::isfinite(norm_[static_cast<std::size_t>(i)]),
                "vector " + std::to_string(i) + " is not finite (nearest neighbours). Check the embedding");
            largest_norm_ = std::max(largest_norm_, norm_[static_cast<std::size_t>(i)]);
            kept.insert(kept.end(), row(i), row(i) + dim);
        }
        if (metric == Metric::inner_product)
            index_ = std::make_unique<faiss::IndexFlatIP>(dim);
        else
            index_ = std::make_unique<faiss::IndexFlatL2>(dim);
        index_->add(static_cast<std::int64_t>(ids_.size()), kept.data());
    }

    std::vector<std::int32_t> const& ids() const noexcept { return ids_; }

    /// Neighbours of the rows ids()[begin, end), written to their places in \p out.
    void search(std::int64_t begin, std::int64_t end, Neighbours& out) const
    {
        OneOpenMpThread const guard;
        std::vector<std::int32_t> pending(ids_.begin() + begin, ids_.begin() + end);
        auto const all = static_cast<std::int64_t>(ids_.size());
        auto wanted = std::min(all, k_ + 1 + first_slack);
        for (int round = 0; round < 2 && !pending.empty(); ++round) {
            pending = search_with_faiss(pending, wanted, out);
            wanted = std::min(all, wanted * second_round);
        }
        for (auto const i : pending)
            compare_with_all(i, out);
    }

  private:
    float const* row(std::int64_t i) const { return vectors_.data() + i * dim_; }

    /// In double, over four partial sums in a fixed order.
    double dot(float const* a, float const* b) const
    {
        double sum[4] = {0, 0, 0, 0};
        std::int64_t d = 0;
        for (; d + 4 <= dim_; d += 4) {
            for (int lane = 0; lane < 4; ++lane)
                sum[lane] += double{a[d + lane]} * double{b[d + lane]};
        }
        for (; d < dim_; ++d)
            sum[0] += double{a[d]} * double{b[d]};
        return (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }

    double squared_distance(float const* a, float const* b) const
    {
        double sum[4] = {0, 0, 0, 0};
        std::int64_t d = 0;
        for (; d + 4 <= dim_; d += 4) {
            for (int lane = 0; lane < 4; ++lane) {
                double const difference = double{a[d + lane]} - double{b[d + lane]};
                sum[lane] += difference * difference;
            }
        }
        for (; d < dim_; ++d)
            sum[0] += (double{a[d]} - double{b[d]}) * (double{a[d]} - double{b[d]});
        return (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }

    float value_of(std::int32_t i, std::int32_t j) const
    {
        return static_cast<float>(metric_ == Metric::inner_product ? dot(row(i), row(j))
                                                                   : squared_distance(row(i), row(j)));
    }

    bool may_answer(std::int32_t i, std::int32_t j) const
    {
        if (i == j) return false;
        return group_.empty() || group_[static_cast<std::size_t>(i)] != group_[static_cast<std::size_t>(j)];
    }

    bool before(Candidate const& a, Candidate const& b) const
    {
        if (a.value != b.value) return metric_ == Metric::inner_product ? a.value > b.value : a.value < b.value;
        return a.index < b.index;
    }

    void keep_best(std::vector<Candidate>& candidates) const
    {
        auto const count = std::min(candidates.size(), static_cast<std::size_t>(k_));
        std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count), candidates.end(),
                          [this](auto const& a, auto const& b) { return before(a, b); });
        candidates.resize(count);
    }

    void write(std::int32_t i, std::vector<Candidate> const& best, Neighbours& out) const
    {
        auto const place = static_cast<std::size_t>(i * k_);
        for (std::size_t c = 0; c < best.size(); ++c) {
            out.index[place + c] = best[c].index;
            out.similarity[place + c] = best[c].value;
        }
    }

    /// Bound on how far Faiss' single-precision value of any pair with row \p i is from value_of, with room to spare.
    double error_bound(std::int32_t i) const
    {
        double const a = norm_[static_cast<std::size_t>(i)];
        double const size =
            metric_ == Metric::inner_product ? a * largest_norm_ : (a + largest_norm_) * (a + largest_norm_);
        return static_cast<double>(dim_ + 8) * float_unit * size;
    }

    /// Can a vector whose Faiss value is no better than \p last be left out when \p kth is the k-th best so far?
    bool is_beaten(std::int32_t i, double last, double kth) const
    {
        return metric_ == Metric::inner_product ? last + error_bound(i) < kth : last - error_bound(i) > kth;
    }

    /// Writes the rows that \p wanted candidates settle; returns the others.
    std::vector<std::int32_t> search_with_faiss(std::vector<std::int32_t> const& rows, std::int64_t wanted,
                                                Neighbours& out) const
    {
        auto const count = static_cast<std::int64_t>(rows.size());
        std::vector<float> queries;
        queries.reserve(static_cast<std::size_t>(count * dim_));
        for (auto const i : rows)
            queries.insert(queries.end(), row(i), row(i) + dim_);
        std::vector<float> values(static_cast<std::size_t>(count * wanted));
        std::vector<std::int64_t> places(values.size());
        index_->search(count, queries.data(), wanted, values.data(), places.data());

        bool const complete = wanted == static_cast<std::int64_t>(ids_.size());
        std::vector<std::int32_t> open;
        std::vector<Candidate> candidates;
        for (std::int64_t q = 0; q < count; ++q) {
            auto const i = rows[static_cast<std::size_t>(q)];
            candidates.clear();
            for (std::int64_t c = q * wanted; c < (q + 1) * wanted; ++c) {
                auto const j = ids_[static_cast<std::size_t>(places[static_cast<std::size_t>(c)])];
                if (may_answer(i, j)) candidates.push_back({value_of(i, j), j});
            }
            keep_best(candidates);
            double const last = values[static_cast<std::size_t>((q + 1) * wanted - 1)];
            bool const enough = static_cast<std::int64_t>(candidates.size()) == k_;
            if (complete || (enough && is_beaten(i, last, candidates.back().value)))
                write(i, candidates, out);
            else
                open.push_back(i);
        }
        return open;
    }

    void compare_with_all(std::int32_t i, Neighbours& out) const
    {
        std::vector<Candidate> candidates;
        candidates.reserve(ids_.size());
        for (auto const j : ids_) {
            if (may_answer(i, j)) candidates.push_back({value_of(i, j), j});
        }
        keep_best(candidates);
        write(i, candidates, out);
    }

    std::span<float const> vectors_;
    std::int64_t dim_;
    std::int64_t k_;
    Metric metric_;
    std::span<std::int64_t const> group_;
    std::vector<std::int32_t> ids_;  ///< rows that ask and answer
    std::vector<double> norm_;
    double largest_norm_ = 0;
    std::unique_ptr<faiss::IndexFlat> index_;
};

}  // namespace

Neighbours nearest(std::span<float const> vectors, std::int64_t dim, std::int64_t k, Metric metric,
                   std::span<std::uint8_t const> valid, std::span<std::int64_t const> group, int threads)
{
    ABLATRIX_EXPECT(dim > 0 && vectors.size() % static_cast<std::size_t>(dim) == 0);
    auto const n = static_cast<std::int64_t>(vectors.size()) / dim;
    ABLATRIX_EXPECT(valid.empty() || valid.size() == static_cast<std::size_t>(n));
    ABLATRIX_EXPECT(group.empty() || group.size() == static_cast<std::size_t>(n));
    ABLATRIX_VALIDATE(k >= 1, "k is " + std::to_string(k) + " (nearest neighbours). Use at least 1");
    ABLATRIX_VALIDATE(k < n, "k = " + std::to_string(k) + " neighbours asked of " + std::to_string(n) +
                                 " rows (nearest neighbours). Use k < n: fewer neighbours or more rows");

    Neighbours out;
    out.n = n;
    out.k = k;
    out.index.assign(static_cast<std::size_t>(n * k), -1);
    out.similarity.assign(static_cast<std::size_t>(n * k), 0.0F);
    Searcher const searcher(vectors, dim, k, metric, valid, group);
    auto const rows = static_cast<std::int64_t>(searcher.ids().size());
    auto const blocks = static_cast<std::size_t>((rows + block_rows - 1) / block_rows);
    base::parallel_for(blocks, threads, [&](std::size_t block) {
        auto const begin = static_cast<std::int64_t>(block) * block_rows;
        searcher.search(begin, std::min(rows, begin + block_rows), out);
    });
    return out;
}

}  // namespace ablatrix::search
