#include "error_analysis.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "metric_info.hpp"
#include "sections.hpp"

namespace ablatrix::report::detail {
namespace {

template <typename T>
std::vector<std::span<T const>> spans_of(std::vector<std::vector<T>> const& rows)
{
    return {rows.begin(), rows.end()};
}

Kappas kappas_of(std::vector<std::vector<std::int32_t>> const& raters, stats::AgreementOptions const& options)
{
    Kappas kappas;
    kappas.fleiss = stats::fleiss_kappa(spans_of(raters));
    kappas.fleiss_interval = stats::fleiss_kappa_interval(spans_of(raters), {}, options);
    for (std::size_t a = 0; a < raters.size(); ++a) {
        for (std::size_t b = a + 1; b < raters.size(); ++b)
            kappas.pairs.push_back(stats::cohen_kappa(raters[a], raters[b]));
    }
    return kappas;
}

std::vector<std::vector<std::int32_t>> as_codes(std::vector<std::vector<std::uint8_t>> const& rows)
{
    std::vector<std::vector<std::int32_t>> codes;
    for (auto const& row : rows)
        codes.emplace_back(row.begin(), row.end());
    return codes;
}

}  // namespace

SetErrors::SetErrors(GridView const& grid, std::size_t set, std::vector<std::string> const& methods)
    : grid_(grid), set_(set)
{
    for (std::size_t c = 0; c < grid.conditions().size(); ++c) {
        for (auto const m : methods_of(c, methods))
            analyses_.push_back(analyse(c, m));
    }
}

std::vector<std::size_t> SetErrors::methods_of(std::size_t condition, std::vector<std::string> const& wanted) const
{
    std::vector<std::size_t> methods;
    for (std::size_t m = 0; m < items().methods.size(); ++m) {
        auto const& name = items().methods[m];
        bool const is_wanted =
            wanted.empty() ? name == "none" : std::find(wanted.begin(), wanted.end(), name) != wanted.end();
        if (is_wanted && grid_.has_method(grid_.baseline(), set_, m)) methods.push_back(m);
    }
    if (wanted.empty()) {
        auto const best = leader(condition);
        if (best) methods.push_back(*best);
    }
    return methods;
}

/// The method with the best mean of the primary metric; references and changed test sets never lead.
std::optional<std::size_t> SetErrors::leader(std::size_t condition) const
{
    std::optional<std::size_t> best;
    if (items().metrics.empty()) return best;
    std::size_t const metric = grid_.metric_index(set_, grid_.primary_metric(set_));
    double highest_merit = 0;
    for (std::size_t m = 0; m < items().methods.size(); ++m) {
        if (is_reference(items().methods[m]) || is_variant(items().methods[m])) continue;
        double sum = 0;
        std::size_t count = 0;
        for (double const value : grid_.seed_values(condition, grid_.baseline(), set_, m, metric)) {
            if (std::isnan(value)) continue;
            sum += value;
            ++count;
        }
        if (count == 0) continue;
        double const found = merit(grid_.primary_metric(set_), sum / static_cast<double>(count));
        if (best && found <= highest_merit) continue;
        best = m;
        highest_merit = found;
    }
    return best;
}

ErrorAnalysis SetErrors::analyse(std::size_t condition, std::size_t method) const
{
    ErrorAnalysis analysis{condition, method, read_answers(grid_, set_, condition, method), {}, {}, {}, {}};
    auto const& answers = analysis.answers;
    if (answers.correct.empty()) return analysis;
    auto const correct = spans_of(answers.correct);
    analysis.summary = stats::summarize_errors(correct, answers.label);
    analysis.wrong = stats::wrong_items(correct);
    stats::AgreementOptions options;
    options.frame = grid_.fact("name") + "/" + items().name;
    options.seed = grid_.statistics_seed();
    options.resamples = grid_.resamples();
    options.level = grid_.level();
    analysis.answer = kappas_of(answers.answer, options);
    analysis.right = kappas_of(as_codes(answers.correct), options);
    return analysis;
}

bool SetErrors::nothing_is_shared() const
{
    return std::all_of(analyses_.begin(), analyses_.end(),
                       [](ErrorAnalysis const& analysis) { return analysis.answers.items_differ; });
}

bool SetErrors::nothing_is_known() const
{
    return std::all_of(analyses_.begin(), analyses_.end(),
                       [](ErrorAnalysis const& analysis) { return analysis.answers.correct.empty(); });
}

}  // namespace ablatrix::report::detail
