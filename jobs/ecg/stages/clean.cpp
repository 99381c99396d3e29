#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// The rows under cleaning and what is known of them.
struct Case
{
    std::span<std::int64_t const> item;
    std::span<std::int32_t const> observed, clean;
    std::span<std::uint8_t const> is_noisy;
    std::int32_t classes;
    std::size_t rows() const noexcept { return observed.size(); }
};

Case read_case(base::Bundle const& labels)
{
    return {labels.get<std::int64_t>("item"), labels.get<std::int32_t>("observed"), labels.get<std::int32_t>("clean"),
            labels.get<std::uint8_t>("is_noisy"), read_classes(labels)};
}

/// Suspicion of every row. The oracle knows the noisy rows; the random method draws by item, not by place.
std::vector<double> read_suspicion(plan::StageContext const& context, Case const& rows)
{
    auto const& method = context.params().get<std::string>("method");
    if (method == "none") return std::vector<double>(rows.rows(), 0.0);
    if (method == "oracle") return {rows.is_noisy.begin(), rows.is_noisy.end()};
    if (method == "random") {
        std::vector<double> out;
        for (auto const item : rows.item)
            out.push_back(context.stream("clean_random", static_cast<std::uint64_t>(item)).uniform());
        return out;
    }
    auto scores = copy_of(context.input("scores").get<double>("score/" + method));
    ABLATRIX_EXPECT(scores.size() == rows.rows());
    for (double const score : scores) {
        ABLATRIX_VALIDATE(std::isfinite(score),
                          "a score of '" + method + "' is not finite (clean). Leave that method out");
    }
    return scores;
}

/// floor(n * fraction) rows; all noisy ones for the oracle, whatever the fraction.
std::size_t count_selected(plan::Params const& params, Case const& rows)
{
    auto const& method = params.get<std::string>("method");
    if (method == "none") return 0;
    if (method == "oracle") return static_cast<std::size_t>(std::count(rows.is_noisy.begin(), rows.is_noisy.end(), 1));
    double const fraction = params.get<double>("fraction");
    ABLATRIX_VALIDATE(fraction >= 0 && fraction <= 1,
                      "fraction " + std::to_string(fraction) + " (clean). Use a share of the rows between 0 and 1");
    return static_cast<std::size_t>(std::floor(static_cast<double>(rows.rows()) * fraction + 1e-9));
}

/// The most suspicious rows, ties by a seeded hash of the item, in row order.
std::vector<std::size_t> select(plan::StageContext const& context, Case const& rows, std::span<double const> suspicion)
{
    auto const count = count_selected(context.params(), rows);
    std::vector<std::uint64_t> tie(rows.rows());
    for (std::size_t i = 0; i < tie.size(); ++i) {
        tie[i] = context.stream("clean_ties", static_cast<std::uint64_t>(rows.item[i])).next();
    }
    std::vector<std::size_t> order(rows.rows());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return suspicion[a] != suspicion[b] ? suspicion[a] > suspicion[b] : tie[a] < tie[b];
    });
    order.resize(count);
    std::sort(order.begin(), order.end());
    return order;
}

struct Cleaned
{
    std::vector<std::int32_t> label;
    std::vector<float> weight;
    std::vector<std::size_t> removed, relabelled;
};

/// A selected row takes the explainer's label when that is another valid class, stated and repeated with confidence;
/// otherwise it goes.
void relabel_or_remove(plan::StageContext const& context, Case const& rows, std::span<std::size_t const> selected,
                       Cleaned& cleaned)
{
    ABLATRIX_VALIDATE(context.has_input("explanations"),
                      "relabelling without explanations (clean). Use the action remove");
    auto const& explanations = context.input("explanations");
    auto const proposed = explanations.get<std::int32_t>("pred_label");  // sample 0 comes first
    auto const confidence =
        explanations.contains("confidence") ? explanations.get<double>("confidence") : std::span<double const>{};
    auto const reliability = context.has_input("reliability") ? context.input("reliability").get<double>("reliability")
                                                              : std::span<double const>{};
    double const min_confidence = context.params().get<double>("min_confidence");
    double const min_reliability = context.params().get<double>("min_reliability");
    for (auto const i : selected) {
        bool const valid = proposed[i] >= 0 && proposed[i] < rows.classes && proposed[i] != rows.observed[i];
        bool const confident = confidence.empty() || confidence[i] / 100 >= min_confidence;
        bool const reliable = reliability.empty() || reliability[i] >= min_reliability;
        if (valid && confident && reliable) {
            cleaned.label[i] = proposed[i];
            cleaned.relabelled.push_back(i);
        }
        else {
            cleaned.weight[i] = 0;
            cleaned.removed.push_back(i);
        }
    }
}

Cleaned clean(plan::StageContext const& context, Case const& rows)
{
    auto const suspicion = read_suspicion(context, rows);
    auto const& action = context.params().get<std::string>("action");
    Cleaned out{copy_of(rows.observed), std::vector<float>(rows.rows(), 1.0F), {}, {}};
    if (action == "reweight") {
        if (context.params().get<std::string>("method") == "none") return out;
        auto const rank = mid_ranks(suspicion);
        for (std::size_t i = 0; i < rank.size(); ++i)
            out.weight[i] = static_cast<float>(1 - rank[i]);
        return out;
    }
    auto const selected = select(context, rows, suspicion);
    if (action == "relabel")
        relabel_or_remove(context, rows, selected, out);
    else {
        ABLATRIX_VALIDATE(action == "remove",
                          "unknown action '" + action + "' (clean). Use remove, relabel or reweight");
        for (auto const i : selected)
            out.weight[i] = 0;
        out.removed = selected;
    }
    return out;
}

double share(double part, double whole)
{
    return whole > 0 ? part / whole : undefined;
}

/// How well the changed rows match the noisy ones; undefined values are NaN.
void report(Case const& rows, Cleaned const& cleaned, bool selects, base::Bundle& out)
{
    double hits = 0, right = 0;
    for (auto const i : cleaned.removed)
        hits += rows.is_noisy[i];
    for (auto const i : cleaned.relabelled) {
        hits += rows.is_noisy[i];
        if (cleaned.label[i] == rows.clean[i]) right += 1;
    }
    auto const removed = static_cast<double>(cleaned.removed.size());
    auto const relabelled = static_cast<double>(cleaned.relabelled.size());
    auto const noisy = static_cast<double>(std::count(rows.is_noisy.begin(), rows.is_noisy.end(), 1));
    out.put_scalar("n_removed", removed);
    out.put_scalar("n_relabelled", relabelled);
    out.put_scalar("n_kept", static_cast<double>(rows.rows()) - removed);
    // Reweighting selects no rows, so there is nothing to compare with the noisy ones.
    out.put_scalar("precision", selects ? share(hits, removed + relabelled) : undefined);
    out.put_scalar("recall", selects ? share(hits, noisy) : undefined);
    out.put_scalar("f1", selects ? share(2 * hits, removed + relabelled + noisy) : undefined);
    out.put_scalar("relabel_accuracy", share(right, relabelled));
}

base::Bundle run(plan::StageContext const& context)
{
    auto const rows = read_case(context.input("labels"));
    auto cleaned = clean(context, rows);
    base::Bundle out;
    report(rows, cleaned, context.params().get<std::string>("action") != "reweight", out);
    out.put_scalar("classes", rows.classes);
    out.put("label", std::move(cleaned.label));
    out.put("weight", std::move(cleaned.weight));
    return out;
}

}  // namespace

plan::StageKind clean_stage()
{
    return {"ecg.clean", 2, run};
}

}  // namespace ablatrix::ecg
