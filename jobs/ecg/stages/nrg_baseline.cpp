#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/parallel.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::int64_t block_rows = 128;
constexpr double smallest_relation = 0.03;
constexpr double noisy_below = -0.05;

/// Neural relation graph (Kim et al. 2023): how far the other rows, weighted by likeness, speak for a row's label.
class Relations
{
  public:
    Relations(Rows const& features, ClassProbabilities const& probs, std::span<std::int32_t const> labels, bool power4)
        : features_(Eigen::Map<Matrix const>(features.values.data(), features.count, features.dim)),
          probs_(Eigen::Map<Eigen::Matrix<double, -1, -1, Eigen::RowMajor> const>(probs.values.data(), features.count,
                                                                                  probs.classes)
                     .cast<float>()),
          labels_(labels),
          power4_(power4)
    {
        for (Eigen::Index i = 0; i < features_.rows(); ++i) {
            float const norm = features_.row(i).norm();
            if (norm > 0) features_.row(i) /= norm;
        }
    }

    std::size_t rows() const noexcept { return labels_.size(); }

    /// For every row the sum of its relations to \p others. In blocks of rows: there is never an [n x n] matrix.
    std::vector<double> sum_over(std::vector<std::size_t> const& others, int threads) const
    {
        Matrix const other_features = pick(features_, others);
        Matrix const other_probs = pick(probs_, others);
        std::vector<double> out(rows());
        auto const n = static_cast<std::int64_t>(rows());
        auto const blocks = static_cast<std::size_t>((n + block_rows - 1) / block_rows);
        base::parallel_for(blocks, threads, [&](std::size_t block) {
            auto const begin = static_cast<std::int64_t>(block) * block_rows;
            auto const count = std::min(block_rows, n - begin);
            Matrix likeness = features_.middleRows(begin, count) * other_features.transpose();
            likeness = likeness.cwiseMax(0.0F).cwiseProduct(probs_.middleRows(begin, count) * other_probs.transpose());
            for (std::int64_t r = 0; r < count; ++r) {
                auto const i = static_cast<std::size_t>(begin + r);
                out[i] = add_up(likeness.row(r).data(), labels_[i], others);
            }
        });
        return out;
    }

  private:
    static Matrix pick(Matrix const& from, std::vector<std::size_t> const& rows)
    {
        Matrix out(static_cast<Eigen::Index>(rows.size()), from.cols());
        for (std::size_t r = 0; r < rows.size(); ++r) {
            out.row(static_cast<Eigen::Index>(r)) = from.row(static_cast<Eigen::Index>(rows[r]));
        }
        return out;
    }

    double add_up(float const* likeness, std::int32_t label, std::vector<std::size_t> const& others) const
    {
        double sum = 0;
        for (std::size_t c = 0; c < others.size(); ++c) {
            double strength = likeness[c];
            if (strength <= smallest_relation) continue;
            if (power4_) strength = strength * strength * strength * strength;
            sum += labels_[others[c]] == label ? strength : -strength;
        }
        return sum;
    }

    Matrix features_;
    Matrix probs_;
    std::span<std::int32_t const> labels_;
    bool power4_;
};

double largest_magnitude(std::span<double const> values)
{
    double out = 0;
    for (double const value : values)
        out = std::max(out, std::abs(value));
    return out;
}

std::vector<double> reference_score(Relations const& relations, std::vector<std::size_t> const& all, int threads)
{
    auto score = relations.sum_over(all, threads);
    double const scale = largest_magnitude(score);
    for (auto& value : score)
        value = scale > 0 ? -value / scale : 0;
    return score;
}

/// One refinement: rows that the first pass finds noisy vote with the opposite sign.
std::vector<double> original_score(Relations const& relations, std::vector<std::size_t> const& all, int threads)
{
    auto score = relations.sum_over(all, threads);
    double const scale = largest_magnitude(score);
    std::vector<std::size_t> noisy;
    for (auto const i : all) {
        if (scale > 0 && score[i] / scale < noisy_below) noisy.push_back(i);
    }
    auto const from_noisy = relations.sum_over(noisy, threads);
    for (auto const i : all)
        score[i] = -(score[i] - 2 * from_noisy[i]);
    return score;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& mode = context.params().get<std::string>("mode");
    ABLATRIX_VALIDATE(mode == "reference" || mode == "original",
                      "unknown mode '" + mode + "' (nrg). Use reference or original");
    bool const original = mode == "original";
    // The authors use in-sample probabilities, the reference out-of-sample ones.
    auto const probs = read_probabilities(context.input(original ? "dynamics" : "crossval"));
    auto const features = read_rows(context.input("dynamics"), "features");
    Relations const relations(features, probs, context.input("labels").get<std::int32_t>("observed"), original);
    ABLATRIX_EXPECT(relations.rows() == probs.rows() && relations.rows() == static_cast<std::size_t>(features.count));

    std::vector<std::size_t> all(relations.rows());
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = i;
    base::Bundle out;
    out.put("score/nrg", original ? original_score(relations, all, context.threads())
                                  : reference_score(relations, all, context.threads()));
    return out;
}

}  // namespace

plan::StageKind nrg_baseline_stage()
{
    return {"ecg.nrg_baseline", 1, run};
}

}  // namespace ablatrix::ecg
