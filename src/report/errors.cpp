#include <ablatrix/report/errors.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>

#include <ablatrix/base/text.hpp>
#include <ablatrix/stats/agreement.hpp>
#include <ablatrix/stats/errors.hpp>

#include "detail/cell.hpp"
#include "detail/contrast.hpp"
#include "detail/format.hpp"
#include "detail/grid_view.hpp"
#include "detail/metric_info.hpp"
#include "detail/record_parts.hpp"
#include "detail/sections.hpp"

namespace ablatrix::report {

using namespace detail;

namespace {

template <typename T>
std::vector<std::span<T const>> spans_of(std::vector<std::vector<T>> const& rows)
{
    return {rows.begin(), rows.end()};
}

/// What the runs of one cell answered about the same items.
struct Answers
{
    std::vector<std::string> runs;  ///< seeds, with the values of averaged axes where a seed has several runs
    bool are_seeds = true;          ///< one run a seed
    bool items_differ = false;      ///< then there is nothing below
    std::size_t n_missing = 0;      ///< runs left out: failed, pending, or without the method
    std::size_t n_unknown = 0;      ///< items left out: no clean label
    std::vector<std::int64_t> item;
    std::vector<std::string> truth;                  ///< per item, for the reader
    std::vector<std::int32_t> label;                 ///< class of each item; empty when it depends on the run
    std::vector<std::vector<std::int32_t>> answer;   ///< [run][item] predicted class; flagged or not
    std::vector<std::vector<std::uint8_t>> correct;  ///< [run][item]

    std::string noun(std::size_t count) const { return plural(count, are_seeds ? "seed" : "run"); }
};

/// Agreement of all pairs and of all together.
struct Kappas
{
    stats::Agreement fleiss;
    stats::Estimate fleiss_interval;      ///< over items, these seeds fixed
    std::vector<stats::Agreement> pairs;  ///< (0, 1), (0, 2), ..., (1, 2), ...
};

struct Analysis
{
    std::size_t condition, method;
    Answers answers;
    stats::ErrorSummary summary;
    std::vector<stats::WrongItem> wrong;
    Kappas answer, right;

    double expected() const
    {
        return answers.label.empty() ? summary.expected_always_wrong : summary.expected_within_classes;
    }
    double p() const { return answers.label.empty() ? summary.p_always_wrong : summary.p_within_classes; }
    /// More always-wrong items than expected, but not more than chance gives.
    bool could_be_chance() const
    {
        bool const is_more =
            summary.pattern == stats::ErrorPattern::systematic || summary.pattern == stats::ErrorPattern::mixed;
        return is_more && !(p() < alpha);
    }
};

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

/// "0.412 to 0.467"; undefined pairs do not count.
std::string range_of(std::vector<stats::Agreement> const& pairs)
{
    double low = stats::undefined_value, high = stats::undefined_value;
    for (auto const& pair : pairs) {
        if (pair.status != stats::Status::ok) continue;
        low = std::isnan(low) ? pair.kappa : std::min(low, pair.kappa);
        high = std::isnan(high) ? pair.kappa : std::max(high, pair.kappa);
    }
    return std::isnan(low) ? "-" : fixed(low) + " to " + fixed(high);
}

std::string text_of(std::vector<std::int32_t> const& values)
{
    std::vector<std::string> words;
    for (auto const value : values)
        words.push_back(std::to_string(value));
    return base::join(words, " ");
}

/// What the runs answered about one item.
std::vector<std::int32_t> answers_about(Answers const& answers, std::size_t item)
{
    std::vector<std::int32_t> values;
    for (auto const& run : answers.answer)
        values.push_back(run[item]);
    return values;
}

/// Reads the answers of a cell.
class AnswerReader
{
  public:
    AnswerReader(GridView const& grid, std::size_t set, std::size_t method) : grid_(grid), set_(set), method_(method) {}

    Answers read(std::size_t condition)
    {
        Answers answers;
        find_runs(condition, answers);
        if (runs_.empty()) return answers;
        std::vector<ItemTable> tables;
        for (auto const run : runs_) {
            tables.push_back(grid_.items(set_, run));
            answers.items_differ =
                tables.back().item != tables[0].item || (is_prediction() && tables.back().clean != tables[0].clean);
            if (answers.items_differ) return answers;
        }
        for (std::size_t r = 0; r < runs_.size(); ++r) {
            answers.correct.push_back(grid_.correctness(set_, runs_[r], method_));
            answers.answer.push_back(is_prediction() ? grid_.predictions(set_, runs_[r], method_)
                                                     : flags(answers.correct.back(), tables[r].is_noisy));
        }
        answers.item = tables[0].item;
        if (is_prediction())
            describe_classes(tables[0], answers);
        else
            describe_noise(tables, answers);
        return answers;
    }

  private:
    bool is_prediction() const { return items().kind == store::ColumnKind::prediction; }
    store::ItemSetLayout const& items() const { return grid_.layout().item_sets[set_]; }

    void find_runs(std::size_t condition, Answers& answers)
    {
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed)
            answers.are_seeds = answers.are_seeds && grid_.runs(condition, grid_.baseline(), seed).size() < 2;
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
            for (auto const run : grid_.runs(condition, grid_.baseline(), seed)) {
                if (!grid_.is_done(run) || items().column_of[run * items().methods.size() + method_] < 0 ||
                    !grid_.has_numbers(set_, run, method_))
                {
                    ++answers.n_missing;
                    continue;
                }
                runs_.push_back(run);
                answers.runs.push_back(answers.are_seeds ? grid_.seeds()[seed] : grid_.run_label(run));
            }
        }
    }

    static std::vector<std::int32_t> flags(std::vector<std::uint8_t> const& correct,
                                           std::vector<std::uint8_t> const& is_noisy)
    {
        std::vector<std::int32_t> flagged;
        for (std::size_t i = 0; i < correct.size(); ++i)
            flagged.push_back((correct[i] == 1) == (is_noisy[i] == 1) ? 1 : 0);
        return flagged;
    }

    /// Items without a clean label are neither right nor wrong: they go.
    static void describe_classes(ItemTable const& table, Answers& answers)
    {
        std::vector<std::size_t> known;
        for (std::size_t i = 0; i < table.clean.size(); ++i) {
            if (table.clean[i] >= 0) known.push_back(i);
        }
        answers.n_unknown = table.clean.size() - known.size();
        auto const keep = [&](auto& values) {
            for (std::size_t i = 0; i < known.size(); ++i)
                values[i] = values[known[i]];
            values.resize(known.size());
        };
        keep(answers.item);
        for (std::size_t r = 0; r < answers.answer.size(); ++r) {
            keep(answers.answer[r]);
            keep(answers.correct[r]);
        }
        for (auto const i : known) {
            answers.label.push_back(table.clean[i]);
            answers.truth.push_back(std::to_string(table.clean[i]));
        }
    }

    /// Seeds may flip different labels of the same items; then noisy or not is no class of an item.
    static void describe_noise(std::vector<ItemTable> const& tables, Answers& answers)
    {
        bool const is_shared = std::all_of(
            tables.begin(), tables.end(), [&](ItemTable const& table) { return table.is_noisy == tables[0].is_noisy; });
        for (std::size_t i = 0; i < answers.item.size(); ++i) {
            std::vector<std::int32_t> noisy;
            for (auto const& table : tables)
                noisy.push_back(table.is_noisy[i]);
            if (is_shared) answers.label.push_back(noisy[0]);
            answers.truth.push_back(is_shared ? std::to_string(noisy[0]) : text_of(noisy));
        }
    }

    GridView const& grid_;
    std::size_t set_, method_;
    std::vector<std::size_t> runs_;
};

/// Everything about one item set.
class SetErrors
{
  public:
    SetErrors(GridView const& grid, std::size_t set, ErrorOptions const& options, Report& report)
        : grid_(grid), set_(set), options_(options), report_(report)
    {
        for (std::size_t c = 0; c < grid_.conditions().size(); ++c) {
            for (auto const m : methods_of(c))
                analyses_.push_back(analyse(c, m));
        }
    }

    bool is_empty() const { return analyses_.empty(); }

    void add()
    {
        report_.document.paragraph(meaning());
        if (nothing_is_shared()) {
            report_.document.paragraph(difference_text(analyses_.front()));
            return;
        }
        for (std::size_t c = 0; c < grid_.conditions().size(); ++c)
            add_finding(c);
        if (nothing_is_known()) return;
        add_histogram();
        add_verdicts();
        add_kappas();
        for (auto const& analysis : analyses_)
            add_items(analysis);
        for (auto const& analysis : analyses_)
            add_records(analysis);
    }

  private:
    store::ItemSetLayout const& items() const { return grid_.layout().item_sets[set_]; }
    bool is_prediction() const { return items().kind == store::ColumnKind::prediction; }
    std::string const& name_of(Analysis const& analysis) const { return items().methods[analysis.method]; }

    std::vector<std::size_t> methods_of(std::size_t condition) const
    {
        std::vector<std::size_t> methods;
        for (std::size_t m = 0; m < items().methods.size(); ++m) {
            auto const& name = items().methods[m];
            bool const is_wanted =
                options_.methods.empty()
                    ? name == "none"
                    : std::find(options_.methods.begin(), options_.methods.end(), name) != options_.methods.end();
            if (is_wanted && grid_.has_method(grid_.baseline(), set_, m)) methods.push_back(m);
        }
        if (options_.methods.empty()) {
            auto const best = leader(condition);
            if (best) methods.push_back(*best);
        }
        return methods;
    }

    /// The method with the best mean of the primary metric; references and changed test sets never lead.
    std::optional<std::size_t> leader(std::size_t condition) const
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

    Analysis analyse(std::size_t condition, std::size_t method) const
    {
        Analysis analysis{condition, method, AnswerReader(grid_, set_, method).read(condition), {}, {}, {}, {}};
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

    bool nothing_is_shared() const
    {
        return std::all_of(analyses_.begin(), analyses_.end(),
                           [](Analysis const& analysis) { return analysis.answers.items_differ; });
    }

    bool nothing_is_known() const
    {
        return std::all_of(analyses_.begin(), analyses_.end(),
                           [](Analysis const& analysis) { return analysis.answers.correct.empty(); });
    }

    std::string meaning() const
    {
        return is_prediction()
                   ? "An item is right when the predicted class is its clean label."
                   : "The k most suspicious items are flagged, k the number of noisy ones; an item is right "
                     "when it is noisy and flagged or clean and not flagged.";
    }

    std::string difference_text(Analysis const& analysis) const
    {
        double const overlap = seed_overlap(grid_, analysis.condition, grid_.baseline(), set_);
        std::string text = "Items differ between seeds";
        if (!std::isnan(overlap) && overlap < 1)
            text += " (two seeds share " + fixed(100 * overlap, 0) + " % of them on average)";
        return text + ": no item has an answer from every seed, so there are no items that are wrong in most seeds.";
    }

    void add_finding(std::size_t condition)
    {
        std::vector<std::string> sentences;
        for (auto const& analysis : analyses_) {
            if (analysis.condition == condition)
                sentences.push_back("with " + name_of(analysis) + ", " + finding(analysis));
        }
        if (sentences.empty()) sentences.push_back("no finished run, nothing to say");
        std::string const place = grid_.conditions().size() > 1 ? grid_.conditions()[condition].short_label + ": " : "";
        report_.document.bullet(place + base::join(sentences, "; ") + ".");
    }

    std::string finding(Analysis const& analysis) const
    {
        auto const& answers = analysis.answers;
        auto const& summary = analysis.summary;
        if (answers.items_differ) return "items differ between seeds";
        if (answers.correct.empty()) return "no finished run, nothing to say";
        auto const n_runs = answers.runs.size();
        std::string const all = plural(static_cast<std::size_t>(summary.n_items), "item");
        if (n_runs == 1) {
            return std::to_string(summary.always_wrong) + " of " + all + " are wrong in the only " +
                   (answers.are_seeds ? "seed" : "run") + ", which cannot tell hard items from chance" +
                   missing_text(answers);
        }
        std::string text = std::to_string(summary.always_wrong) + " of " + all + " are wrong in all " +
                           answers.noun(n_runs) + ", " + fixed(analysis.expected(), 1) +
                           " expected from independent errors";
        return text +
               (summary.pattern == stats::ErrorPattern::undefined
                    ? ", so there is no verdict"
                    : " (" + p_phrase(analysis.p()) + "): " + verdict_phrase(analysis)) +
               missing_text(answers);
    }

    static std::string verdict_phrase(Analysis const& analysis)
    {
        if (analysis.could_be_chance()) return "cannot tell, chance alone could give as many";
        switch (analysis.summary.pattern) {
            case stats::ErrorPattern::systematic:
                return "systematic, the same items are hard for every seed";
            case stats::ErrorPattern::mixed:
                return "mixed, hard items beside errors that change with the seed";
            default:
                return "random, the errors change with the seed";
        }
    }

    static std::string missing_text(Answers const& answers)
    {
        if (answers.n_missing == 0) return {};
        return " (" + answers.noun(answers.n_missing) + " left out: failed, missing or no numbers)";
    }

    /// A table with a row for each analysis that has items; \p cells fills the columns after condition and method.
    template <typename Cells>
    void add_rows(std::string const& title, std::vector<std::string> const& columns, Cells const& cells)
    {
        Table table;
        table.title = items().name + ": " + title;
        bool const has_conditions = grid_.conditions().size() > 1;
        if (has_conditions) table.columns.push_back({"condition", Align::left});
        table.columns.push_back({"method", Align::left});
        table.fixed_columns = table.columns.size();
        for (auto const& column : columns)
            table.columns.push_back({column, Align::right});
        for (auto const& analysis : analyses_) {
            if (analysis.answers.correct.empty()) continue;
            std::vector<std::string> row;
            if (has_conditions) row.push_back(grid_.conditions()[analysis.condition].short_label);
            row.push_back(name_of(analysis));
            for (auto& cell : cells(analysis))
                row.push_back(std::move(cell));
            table.rows.push_back(std::move(row));
        }
        if (!table.rows.empty()) report_.document.table(std::move(table));
    }

    void add_histogram()
    {
        std::size_t most = 0;
        bool are_seeds = true;
        for (auto const& analysis : analyses_) {
            most = std::max(most, analysis.summary.right_in.size());
            are_seeds = are_seeds && analysis.answers.are_seeds;
        }
        std::vector<std::string> columns = {are_seeds ? "seeds" : "runs"};
        for (std::size_t r = 0; r < most; ++r)
            columns.push_back(std::to_string(r));
        std::string const noun = columns[0];
        columns.push_back("entropy\nbits");
        add_rows("items by the number of " + noun + " that get them right", columns, [&](Analysis const& analysis) {
            std::vector<std::string> cells = {std::to_string(analysis.summary.n_seeds)};
            for (std::size_t r = 0; r < most; ++r) {
                bool const exists = r < analysis.summary.right_in.size();
                cells.push_back(exists ? std::to_string(analysis.summary.right_in[r]) : "-");
            }
            cells.push_back(fixed(analysis.summary.mean_entropy));
            return cells;
        });
        report_.document.paragraph("Entropy: of right or wrong over the " + noun + ", mean over items.");
    }

    void add_verdicts()
    {
        bool is_uncertain = false;
        bool has_classes = true;
        std::size_t unknown = 0;
        bool are_seeds = true;
        add_rows("items that are always wrong, and whether that is chance",
                 {"errors\na seed", "mostly\nwrong", "always\nwrong", "expected", "ratio", "p", "verdict"},
                 [&](Analysis const& analysis) {
                     auto const& summary = analysis.summary;
                     is_uncertain = is_uncertain || analysis.could_be_chance();
                     has_classes = has_classes && !analysis.answers.label.empty();
                     unknown = std::max(unknown, analysis.answers.n_unknown);
                     are_seeds = are_seeds && analysis.answers.are_seeds;
                     auto const [low, high] = std::minmax_element(summary.errors.begin(), summary.errors.end());
                     std::string errors = "-";
                     if (low != summary.errors.end())
                         errors =
                             *low == *high ? std::to_string(*low) : std::to_string(*low) + "-" + std::to_string(*high);
                     std::string verdict{stats::name_of(summary.pattern)};
                     if (summary.pattern == stats::ErrorPattern::undefined) verdict = "-";
                     return std::vector<std::string>{errors,
                                                     std::to_string(summary.mostly_wrong),
                                                     std::to_string(summary.always_wrong),
                                                     fixed(analysis.expected(), 1),
                                                     fixed(summary.ratio, 2),
                                                     p_text(analysis.p()),
                                                     verdict + (analysis.could_be_chance() ? "?" : "")};
                 });
        std::string const where = !has_classes      ? "items"
                                  : is_prediction() ? "items of each class"
                                                    : "noisy and random clean items";
        std::string text =
            "Mostly wrong: right in fewer than half of the seeds, the always wrong among them. Expected, "
            "and p: if every seed made its errors on random " +
            where +
            ", independently (exact). Systematic: at least twice the expected number; random: at most "
            "1.2 times.";
        if (is_uncertain) text += " ? = p is not below 0.05: chance alone could give as many.";
        if (!are_seeds) text += " Runs of one seed share training items, so p is optimistic.";
        if (unknown > 0) text += " " + plural(unknown, "item") + " without a clean label left out.";
        report_.document.paragraph(text);
    }

    void add_kappas()
    {
        bool const has_pairs = std::any_of(analyses_.begin(), analyses_.end(),
                                           [](Analysis const& analysis) { return !analysis.answer.pairs.empty(); });
        if (!has_pairs) return;
        std::string const what = is_prediction() ? "predictions" : "flags";
        add_rows("agreement of seeds beyond chance (kappa)",
                 {what + "\nFleiss", what + "\nCohen, pairs", "right or wrong\nFleiss", "right or wrong\nCohen, pairs"},
                 [](Analysis const& analysis) {
                     return std::vector<std::string>{
                         with_interval(analysis.answer.fleiss_interval), range_of(analysis.answer.pairs),
                         with_interval(analysis.right.fleiss_interval), range_of(analysis.right.pairs)};
                 });
        report_.document.paragraph(
            "High kappa of right or wrong: seeds stumble over the same items. Low kappa at equal accuracy: seed "
            "noise. Intervals are over items, for these seeds.");
    }

    void add_items(Analysis const& analysis)
    {
        std::size_t const shown = std::min(options_.top, analysis.wrong.size());
        if (shown == 0) return;
        auto const& answers = analysis.answers;
        Table table;
        table.title = items().name +
                      (grid_.conditions().size() > 1 ? ", " + grid_.conditions()[analysis.condition].label : "") +
                      ", " + name_of(analysis) + ": items wrong in most " + (answers.are_seeds ? "seeds" : "runs");
        if (shown < analysis.wrong.size())
            table.title += ", " + std::to_string(shown) + " of " + std::to_string(analysis.wrong.size());
        std::string const in_order =
            answers.are_seeds ? ", seeds " + base::join(answers.runs, " ") : ", runs in the order of the grid";
        table.columns = {{"item", Align::right},
                         {is_prediction() ? "clean label" : "noisy", Align::right},
                         {"right", Align::right},
                         {(is_prediction() ? "predicted" : "flagged") + in_order, Align::left}};
        for (std::size_t i = 0; i < shown; ++i) {
            auto const& wrong = analysis.wrong[i];
            table.rows.push_back({std::to_string(answers.item[wrong.item]), answers.truth[wrong.item],
                                  std::to_string(wrong.right) + " of " + std::to_string(answers.runs.size()),
                                  text_of(answers_about(answers, wrong.item))});
        }
        report_.document.table(std::move(table));
    }

    Record record_of(Analysis const& analysis, std::string const& kind, std::string const& metric, double value) const
    {
        Record record = record_about(grid_, set_, analysis.condition, grid_.baseline(), analysis.method);
        record.kind = kind;
        record.metric = metric;
        record.design = analysis.answers.runs.size() > 1 ? "crossed" : "one seed";
        record.estimate.value = value;
        record.estimate.status = std::isnan(value) ? stats::Status::undefined : stats::Status::ok;
        record.seed_set = base::join(analysis.answers.runs, ", ");
        record.n_seeds = static_cast<std::int64_t>(analysis.answers.runs.size());
        record.n_excluded = static_cast<std::int64_t>(analysis.answers.n_missing);
        record.n_items = analysis.summary.n_items;
        return record;
    }

    void add_records(Analysis const& analysis)
    {
        if (analysis.answers.correct.empty()) return;
        auto const& summary = analysis.summary;
        for (std::size_t s = 0; s < summary.errors.size(); ++s) {
            auto record = record_of(analysis, "errors", "errors", static_cast<double>(summary.errors[s]));
            record.params = {{"seed", analysis.answers.runs[s]}};
            record.seed_set = analysis.answers.runs[s];
            report_.records.push_back(std::move(record));
        }
        for (std::size_t r = 0; r < summary.right_in.size(); ++r) {
            auto record = record_of(analysis, "errors", "right_in", static_cast<double>(summary.right_in[r]));
            record.params = {{"right_seeds", std::to_string(r)}};
            report_.records.push_back(std::move(record));
        }
        report_.records.push_back(
            record_of(analysis, "errors", "mostly_wrong", static_cast<double>(summary.mostly_wrong)));
        auto always = record_of(analysis, "errors", "always_wrong", static_cast<double>(summary.always_wrong));
        always.test.statistic = summary.ratio;
        always.test.p = analysis.p();
        always.test.method = analysis.answers.label.empty() ? "hypergeometric" : "hypergeometric.within_classes";
        always.estimate.note = stats::name_of(summary.pattern);
        report_.records.push_back(std::move(always));
        report_.records.push_back(record_of(analysis, "errors", "always_wrong_expected", analysis.expected()));
        report_.records.push_back(record_of(analysis, "errors", "mean_entropy", summary.mean_entropy));
        add_kappa_records(analysis, is_prediction() ? "predictions" : "flags", analysis.answer);
        add_kappa_records(analysis, "right", analysis.right);
        add_item_records(analysis);
    }

    void add_kappa_records(Analysis const& analysis, std::string const& what, Kappas const& kappas)
    {
        auto const& runs = analysis.answers.runs;
        if (runs.size() < 2) return;
        auto const add = [&](Record record, stats::Agreement const& agreement, std::string const& metric) {
            record.metric = metric + "." + what;
            if (&agreement == &kappas.fleiss) {
                record.estimate = kappas.fleiss_interval;
                record.scope = "items";
            }
            else {
                record.estimate.value = agreement.kappa;
                record.estimate.status = agreement.status;
                record.estimate.note = agreement.note;
            }
            report_.records.push_back(record);
            record.metric = metric + ".agreeing_share." + what;
            record.estimate = {};
            record.estimate.value = agreement.observed;
            record.estimate.status = std::isnan(agreement.observed) ? stats::Status::undefined : stats::Status::ok;
            report_.records.push_back(std::move(record));
        };
        auto const base = record_of(analysis, "agreement", "", stats::undefined_value);
        add(base, kappas.fleiss, "fleiss_kappa");
        std::size_t pair = 0;
        for (std::size_t a = 0; a < runs.size(); ++a) {
            for (std::size_t b = a + 1; b < runs.size(); ++b) {
                auto record = base;
                record.params = {{"seed", runs[a]}, {"other_seed", runs[b]}};
                record.seed_set = runs[a] + ", " + runs[b];
                add(std::move(record), kappas.pairs[pair++], "cohen_kappa");
            }
        }
    }

    void add_item_records(Analysis const& analysis)
    {
        auto const& answers = analysis.answers;
        for (auto const& wrong : analysis.wrong) {
            auto record = record_of(analysis, "wrong_item", "right_seeds", static_cast<double>(wrong.right));
            std::string const item = std::to_string(answers.item[wrong.item]);
            record.params = {{"item", item}};
            record.details = {{"item", item},
                              {is_prediction() ? "clean_label" : "is_noisy", answers.truth[wrong.item]},
                              {is_prediction() ? "predictions" : "flags", text_of(answers_about(answers, wrong.item))}};
            report_.records.push_back(std::move(record));
        }
    }

    GridView const& grid_;
    std::size_t set_;
    ErrorOptions const& options_;
    Report& report_;
    std::vector<Analysis> analyses_;
};

}  // namespace

Report errors(store::ResultFile const& result, ErrorOptions const& options)
{
    check_methods(result.layout(), options.methods);
    GridView const grid(result, options.by);
    Report report;
    report.origin = origin_of(grid);
    add_overview(report.document, grid);
    for (std::size_t set = 0; set < grid.layout().item_sets.size(); ++set) {
        SetErrors set_errors(grid, set, options, report);
        if (set_errors.is_empty()) continue;
        report.document.heading(grid.layout().item_sets[set].name);
        set_errors.add();
    }
    return report;
}

}  // namespace ablatrix::report
