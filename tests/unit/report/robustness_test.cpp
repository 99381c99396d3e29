/// What is wrong with a result is said, and nothing that can still be said is lost.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/report/comparison.hpp>
#include <ablatrix/report/document.hpp>
#include <ablatrix/report/errors.hpp>
#include <ablatrix/report/html_report.hpp>
#include <ablatrix/report/summary.hpp>

#include "unit/report/sample_result.hpp"

namespace ablatrix::report {

namespace {

using sample::SampleResult;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t detection = 0;
constexpr std::size_t test_set = 1;

/// Two conditions, three seeds, two arms; every score, prediction and metric differs a little.
class Sick : public SampleResult
{
  public:
    explicit Sick(std::vector<std::string> const& seeds = {"1", "2", "3"})
        : SampleResult({"low", "high"}, seeds, {"full", "less"}, {"ours", "theirs"}, {"none", "clean"}, 12)
    {
        for (std::size_t noise = 0; noise < 2; ++noise) {
            for (std::size_t seed = 0; seed < seeds.size(); ++seed) {
                for (std::size_t arm = 0; arm < 2; ++arm)
                    fill(noise, seed, arm);
            }
        }
    }

  private:
    void fill(std::size_t noise, std::size_t seed, std::size_t arm)
    {
        std::size_t const r = run(noise, seed, arm);
        for (std::size_t method = 0; method < 2; ++method) {
            std::vector<double> scores, predictions;
            for (std::size_t i = 0; i < 12; ++i) {
                scores.push_back(static_cast<double>((7 * i + 3 * seed + 5 * arm + method) % 12));
                predictions.push_back((i + seed + arm + method) % 4 == 0 ? 0 : 1);
            }
            set_column(detection, r, method, scores);
            set_column(test_set, r, method, predictions);
            double const step = 0.01 * static_cast<double>(3 * method + 2 * arm + (seed + noise) % 2);
            set_metric(detection, r, method, 0, 0.6 + step);
            set_metric(detection, r, method, 1, 0.4 + step);
            set_metric(test_set, r, method, 0, 0.7 + step);
        }
        for (auto const set : {detection, test_set}) {
            auto& items = truth(set, r);
            for (std::size_t i = 0; i < 12; ++i)
                items.is_noisy[i] = set == detection && i < 3 ? 1 : 0;
        }
    }
};

std::string in_all_formats(Report const& report)
{
    return render_terminal(report.document) + render_markdown(report.document) + render_latex(report.document) +
           to_csv(report) + to_json_lines(report);
}

/// Everything that can be asked of a result, as text; none of it may speak of "nan" or "inf".
struct Answers
{
    explicit Answers(store::ResultFile const& file)
    {
        SummaryOptions options;
        options.threads = 1;
        summary = checked(summarize(file, options));
        options.is_short = true;
        short_summary = checked(summarize(file, options));
        CompareOptions compare_options;
        compare_options.threads = 1;
        compare_options.arms = {"full", "less"};
        arms = checked(compare(file, compare_options));
        compare_options.arms.clear();
        compare_options.methods = {"theirs", "ours"};
        methods = checked(compare(file, compare_options));
        wrong = checked(errors(file, {}));
    }

    static std::string checked(Report const& report)
    {
        std::string const all = in_all_formats(report);
        for (auto const* bad : {"nan", "NaN", "-inf", ":inf", ",inf"})
            EXPECT_THAT(all, Not(HasSubstr(bad)));
        return render_terminal(report.document, 1000);
    }

    std::string summary, short_summary, arms, methods, wrong;
};

std::string page_of(store::ResultFile const& file)
{
    auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
    auto const folder = std::filesystem::temp_directory_path() / (std::string{"ablatrix-page-"} + test->name());
    std::filesystem::remove_all(folder);
    HtmlOptions options;
    options.folder = folder;
    options.is_forced = true;
    options.summary.threads = 1;
    write_html_report(file, options);
    std::ifstream in(folder / "index.html");
    std::string const page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    std::filesystem::remove_all(folder);
    return page;
}

bool has_gnuplot()
{
    return std::system("gnuplot --version > /dev/null 2>&1") == 0;  // NOLINT: a fixed command
}

}  // namespace

TEST(Robustness, a_healthy_result_has_nothing_to_apologise_for)
{
    Sick result;
    Answers const answers(result.write());
    EXPECT_THAT(answers.summary, HasSubstr("All runs are done."));
    EXPECT_THAT(answers.summary, Not(HasSubstr("left out")));
}

TEST(Robustness, failed_runs_are_named_and_left_out)
{
    Sick result;
    result.fail(result.run(0, 1, 0), "loss is not finite");
    Answers const answers(result.write());
    for (auto const& text : {answers.summary, answers.arms, answers.methods, answers.wrong})
        EXPECT_THAT(text, HasSubstr("failed: noise=low seed=2 arm=full: loss is not finite"));
    EXPECT_THAT(answers.summary, HasSubstr("left out"));
    EXPECT_THAT(answers.arms, HasSubstr("left out"));
}

TEST(Robustness, a_condition_without_a_single_result_says_so)
{
    Sick result;
    for (std::size_t seed = 0; seed < 3; ++seed) {
        for (std::size_t arm = 0; arm < 2; ++arm)
            result.fail(result.run(1, seed, arm), "out of memory");
    }
    Answers const answers(result.write());
    EXPECT_THAT(answers.summary, HasSubstr("high: no finished run, nothing to say."));
    EXPECT_THAT(answers.arms, HasSubstr("no seed with both sides in high"));
    EXPECT_THAT(answers.wrong, HasSubstr("high"));
}

TEST(Robustness, numbers_of_runs_that_never_finished_are_not_run)
{
    Sick result;
    for (std::size_t seed = 0; seed < 3; ++seed)
        result.fail(result.run(1, seed, 0), "out of memory");
    auto const file = result.write();
    CompareOptions options;
    options.arms = {"full", "less"};
    std::size_t metrics = 0, differences = 0;
    for (auto const& record : summarize(file, {}).records) {
        if (record.kind != "metric" || record.condition[0].second != "high") continue;
        bool const is_failed = record.arm == "full";
        EXPECT_EQ(record.estimate.status == stats::Status::not_run, is_failed) << record_id(record);
        metrics += is_failed ? 1 : 0;
    }
    for (auto const& record : compare(file, options).records) {
        if (record.condition[0].second != "high") continue;
        EXPECT_EQ(record.estimate.status, stats::Status::not_run) << record_id(record);
        EXPECT_EQ(record.test.status, stats::Status::not_run) << record_id(record);
        EXPECT_EQ(record.n_excluded, 3);
        ++differences;
    }
    EXPECT_GT(metrics, 0);
    EXPECT_GT(differences, 0);
}

TEST(Robustness, seeds_that_all_say_the_same_count_as_one)
{
    Sick result;
    for (std::size_t seed = 0; seed < 3; ++seed) {
        for (std::size_t arm = 0; arm < 2; ++arm) {
            // 9 of 12 right; the other arm 8 of 12.
            std::vector<double> predictions(12, 1);
            std::fill(predictions.begin(), predictions.begin() + 3 + static_cast<std::ptrdiff_t>(arm), 0.0);
            result.set_column(test_set, result.run(0, seed, arm), 0, predictions);
            result.set_metric(test_set, result.run(0, seed, arm), 0, 0, (9.0 - static_cast<double>(arm)) / 12);
        }
    }
    auto const file = result.write();
    Answers const answers(file);
    EXPECT_THAT(answers.summary, HasSubstr("say the same for every seed"));
    std::size_t found = 0;
    for (auto const& record : summarize(file, {}).records) {
        bool const is_same =
            record.condition[0].second == "low" && record.item_set == "test" && record.method == "none";
        if (record.kind == "metric" && record.item_set == "test" && !is_same) {
            EXPECT_THAT(record.estimate.note, Not(HasSubstr("seed_not_effective"))) << record_id(record);
        }
        if (!is_same || record.metric != "accuracy" || record.arm != "full" || record.kind != "metric") continue;
        ++found;
        EXPECT_EQ(record.estimate.note, "seed_not_effective, clipped");
        EXPECT_EQ(record.scope, "items");
        EXPECT_EQ(record.sd, 0);
        // t over 12 items: .75 -+ 2.200985 sqrt(.75 * .25 / 11).
        EXPECT_NEAR(record.estimate.low, .46264, 1e-5);
        EXPECT_EQ(record.estimate.high, 1);
    }
    EXPECT_EQ(found, 1);
    CompareOptions options;
    options.arms = {"full", "less"};
    for (auto const& record : compare(file, options).records) {
        if (record.kind != "difference" || record.item_set != "test") continue;
        bool const is_same = record.condition[0].second == "low" && record.method == "none";
        EXPECT_EQ(record.estimate.note == "seed_not_effective", is_same) << record_id(record);
        EXPECT_EQ(record.scope, is_same ? "items" : "both") << record_id(record);
    }
}

TEST(Robustness, an_accuracy_counts_only_items_with_a_clean_label)
{
    Sick result(std::vector<std::string>{"1"});
    auto& clean = result.truth(test_set, 0).clean;
    std::fill(clean.begin() + 4, clean.end(), -1);
    result.set_column(test_set, result.run(0, 0, 0), 0, {1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1});
    auto const file = result.write();
    Answers const answers(file);
    EXPECT_THAT(answers.summary, HasSubstr("8 items a seed without a clean label"));
    std::size_t found = 0;
    for (auto const& record : summarize(file, {}).records) {
        if (record.kind != "metric" || record.item_set != "test" || record.method != "none") continue;
        if (record.condition[0].second != "low" || record.arm != "full") continue;
        ++found;
        EXPECT_EQ(record.n_items, 4);
        EXPECT_EQ(record.estimate.value, .75);
        EXPECT_NEAR(record.estimate.low, .300642, 1e-6);  // Wilson of 3 of 4
        EXPECT_EQ(record.estimate.note, "8 items without a clean label left out");
    }
    EXPECT_EQ(found, 1);
}

TEST(Robustness, a_test_set_without_clean_labels_has_no_items_to_judge)
{
    for (auto const& seeds : {std::vector<std::string>{"1"}, std::vector<std::string>{"1", "2", "3"}}) {
        Sick result(seeds);
        result.truth(test_set, 0).clean.assign(12, -1);
        auto const file = result.write();
        Answers const answers(file);
        CompareOptions options;
        options.arms = {"full", "less"};
        for (auto const& record : compare(file, options).records)
            EXPECT_FALSE(record.item_set == "test" && record.kind == "test") << record_id(record);
    }
}

TEST(Robustness, seeds_that_share_most_items_are_noted)
{
    Sick result;
    for (std::size_t seed = 0; seed < 3; ++seed) {
        auto& items = result.truth(detection, result.run(0, seed, 0));
        for (std::size_t i = 0; i < 12; ++i) {
            // In one condition the same items with other flips, in the other one 1 of 12 items shared by two seeds.
            items.is_noisy[i] = i / 3 == seed ? 1 : 0;
            result.truth(detection, result.run(1, seed, 0)).item[i] = static_cast<std::int64_t>(11 * seed + i);
        }
    }
    auto const file = result.write();
    std::size_t seen = 0;
    CompareOptions options;
    options.arms = {"full", "less"};
    for (auto const& records : {summarize(file, {}).records, compare(file, options).records}) {
        for (auto const& record : records) {
            if (record.item_set != "detection" || record.scope != "seeds") continue;
            if (record.kind != "metric" && record.kind != "difference") continue;
            EXPECT_EQ(record.estimate.note.find("overlap") != std::string::npos, record.condition[0].second == "low")
                << record_id(record);
            ++seen;
        }
    }
    EXPECT_GT(seen, 4);
}

TEST(Robustness, a_result_in_which_everything_failed_says_that)
{
    Sick result;
    for (std::size_t run = 0; run < 12; ++run)
        result.fail(run, "no GPU");
    Answers const answers(result.write());
    for (auto const& text : {answers.summary, answers.short_summary, answers.arms, answers.methods, answers.wrong})
        EXPECT_THAT(text, AllOf(HasSubstr("0 runs are done, 12 failed"), HasSubstr("no GPU")));
    EXPECT_THAT(answers.summary, HasSubstr("no finished run, nothing to say."));
}

TEST(Robustness, nothing_run_yet_is_a_report_too)
{
    Sick result;
    for (std::size_t run = 0; run < 12; ++run)
        result.leave_pending(run);
    Answers const answers(result.write());
    for (auto const& text : {answers.summary, answers.arms, answers.methods, answers.wrong})
        EXPECT_THAT(text, HasSubstr("0 runs are done, 0 failed, 12 not run yet."));
}

TEST(Robustness, one_seed_speaks_for_items_only)
{
    Sick result(std::vector<std::string>{"1"});
    Answers const answers(result.write());
    EXPECT_THAT(answers.summary, HasSubstr("one seed"));
    EXPECT_THAT(answers.arms, HasSubstr("one seed"));
    EXPECT_THAT(answers.wrong, HasSubstr("wrong in the only seed, which cannot tell hard items from chance"));
}

TEST(Robustness, constant_scores_are_chance_and_have_no_spread)
{
    Sick result;
    for (std::size_t noise = 0; noise < 2; ++noise) {
        for (std::size_t seed = 0; seed < 3; ++seed) {
            for (std::size_t arm = 0; arm < 2; ++arm) {
                std::size_t const run = result.run(noise, seed, arm);
                result.set_column(detection, run, 0, std::vector<double>(12, 0.25));
                result.set_metric(detection, run, 0, 0, 0.5);
                result.set_metric(detection, run, 0, 1, 0.25);
            }
        }
    }
    auto const file = result.write();
    Answers const answers(file);
    EXPECT_THAT(answers.arms, HasSubstr("equal in"));
    for (auto const& record : summarize(file, {}).records) {
        if (record.kind != "metric" || record.method != "ours" || record.metric != "auroc") continue;
        EXPECT_EQ(record.estimate.value, 0.5);
        EXPECT_EQ(record.estimate.status, stats::Status::degenerate);
    }
}

TEST(Robustness, constant_scores_of_one_seed_have_no_interval)
{
    Sick result(std::vector<std::string>{"1"});
    for (std::size_t run = 0; run < 4; ++run) {
        result.set_column(detection, run, 0, std::vector<double>(12, 0.25));
        result.set_metric(detection, run, 0, 0, 0.5);
    }
    auto const file = result.write();
    Answers const answers(file);
    for (auto const& record : summarize(file, {}).records) {
        if (record.kind != "metric" || record.method != "ours" || record.metric != "auroc") continue;
        EXPECT_EQ(record.estimate.value, 0.5);
        EXPECT_EQ(record.estimate.status, stats::Status::degenerate);
    }
}

TEST(Robustness, perfectly_separating_scores_of_one_seed_have_a_bound)
{
    Sick result(std::vector<std::string>{"1"});
    std::vector<double> scores(12, .25);
    std::fill(scores.begin(), scores.begin() + 3, .75);  // the noisy items
    result.set_column(detection, result.run(0, 0, 0), 0, scores);
    result.set_metric(detection, result.run(0, 0, 0), 0, 0, 1);
    auto const file = result.write();
    Answers const answers(file);
    EXPECT_THAT(answers.summary, HasSubstr("1.000 [0.292, 1.000]"));
    EXPECT_THAT(answers.summary, HasSubstr("one-sided bound"));
    std::size_t found = 0;
    for (auto const& record : summarize(file, {}).records) {
        if (record.kind != "metric" || record.estimate.note != "perfect_separation") continue;
        ++found;
        EXPECT_EQ(record.metric, "auroc");
        EXPECT_EQ(record.estimate.status, stats::Status::degenerate);
        EXPECT_NEAR(record.estimate.low, std::cbrt(.025), 1e-12);  // 3 noisy items: .025^(1/3)
        EXPECT_EQ(record.estimate.high, 1);
    }
    EXPECT_EQ(found, 1);
}

TEST(Robustness, an_undefined_metric_leaves_its_seed_out)
{
    Sick result;
    result.set_metric(detection, result.run(0, 2, 0), 0, 0, nan);
    auto const file = result.write();
    Answers const answers(file);
    EXPECT_THAT(answers.summary, HasSubstr("left out"));
    bool seen = false;
    for (auto const& record : summarize(file, {}).records) {
        bool const is_it = record.kind == "metric" && record.item_set == "detection" && record.method == "ours" &&
                           record.metric == "auroc" && record.arm == "full" && record.condition[0].second == "low";
        if (!is_it) continue;
        EXPECT_EQ(record.n_seeds, 2);
        EXPECT_EQ(record.n_excluded, 1);
        seen = true;
    }
    EXPECT_TRUE(seen);
    // Its items are there all the same, and tests of them count them.
    CompareOptions options;
    options.arms = {"full", "less"};
    for (auto const& record : compare(file, options).records) {
        if (record.item_set != "detection" || record.method != "ours" || record.condition[0].second != "low") continue;
        if (!record.params.empty()) continue;
        bool const is_metric = record.metric == "auroc";
        EXPECT_EQ(record.n_seeds, is_metric ? 2 : 3) << record_id(record);
        EXPECT_EQ(record.n_excluded, is_metric ? 1 : 0) << record_id(record);
        EXPECT_EQ(record.seed_set, is_metric ? "1, 2" : "1, 2, 3") << record_id(record);
    }
}

TEST(Robustness, a_metric_that_is_undefined_everywhere_is_called_undefined)
{
    Sick result;
    for (std::size_t run = 0; run < 12; ++run) {
        for (std::size_t method = 0; method < 2; ++method)
            result.set_metric(detection, run, method, 0, nan);
    }
    Answers const answers(result.write());
    EXPECT_THAT(answers.summary, HasSubstr("AUROC is undefined here"));
    EXPECT_THAT(answers.short_summary, HasSubstr("AUROC is undefined here"));
}

TEST(Robustness, references_alone_are_named_with_their_values)
{
    Sick result;
    for (std::size_t run = 0; run < 12; ++run)
        result.set_metric(test_set, run, 1, 0, nan);
    Answers const answers(result.write());
    EXPECT_THAT(answers.summary, HasSubstr("no method has a value to compare with none (accuracy "));
}

TEST(Robustness, scores_that_are_no_numbers_are_left_out_everywhere)
{
    Sick result;
    std::vector<double> scores(12, 0.5);
    scores[3] = nan;
    result.set_column(detection, result.run(0, 0, 0), 0, scores);
    result.set_metric(detection, result.run(0, 0, 0), 0, 0, nan);
    auto const file = result.write();
    Answers const answers(file);
    EXPECT_THAT(answers.summary, HasSubstr("left out"));
    EXPECT_THAT(answers.arms, HasSubstr("left out"));
    CompareOptions compare_options;
    compare_options.threads = 1;
    compare_options.arms = {"full", "less"};
    std::size_t tables = 0;
    for (auto const& record : compare(file, compare_options).records) {
        bool const is_it = record.item_set == "detection" && record.method == "ours" && record.kind == "test" &&
                           record.condition[0].second == "low";
        // McNemar's table of seed 1 would count whatever a sort makes of NaN.
        if (!is_it) continue;
        EXPECT_EQ(record.seed_set.find('1'), std::string::npos) << record.kind << " " << record.seed_set;
        ++tables;
    }
    EXPECT_EQ(tables, 3U);  // seeds 2 and 3, and both
    ErrorOptions error_options;
    error_options.methods = {"ours"};
    EXPECT_THAT(render_terminal(errors(file, error_options).document, 1000),
                HasSubstr("1 seed left out: failed, missing or no numbers"));
}

TEST(Robustness, scores_that_are_no_numbers_in_the_only_seed_give_no_interval)
{
    Sick result(std::vector<std::string>{"1"});
    std::vector<double> scores(12, 0.5);
    scores[3] = nan;
    for (std::size_t run = 0; run < 4; ++run) {
        result.set_column(detection, run, 0, scores);
        result.set_metric(detection, run, 0, 0, nan);
    }
    auto const file = result.write();
    Answers const answers(file);
    std::size_t seen = 0;
    for (auto const& record : summarize(file, {}).records) {
        if (record.kind != "metric" || record.item_set != "detection" || record.metric != "auroc") continue;
        EXPECT_EQ(std::isnan(record.estimate.low), record.method == "ours") << record.method;
        ++seen;
    }
    EXPECT_EQ(seen, 8U);  // two conditions, methods and arms
    EXPECT_THAT(answers.arms, HasSubstr("no seed with both sides"));
}

TEST(Robustness, a_method_missing_in_some_runs_is_counted)
{
    Sick result;
    result.leave_out(detection, result.run(0, 1, 0), 0);
    result.leave_out(test_set, result.run(0, 1, 0), 1);
    auto const file = result.write();
    Answers const answers(file);
    EXPECT_THAT(answers.summary, HasSubstr("left out"));
    EXPECT_THAT(answers.arms, HasSubstr("left out"));
    EXPECT_THAT(answers.methods, HasSubstr("left out"));
}

TEST(Robustness, a_method_missing_in_a_whole_condition_or_arm_is_not_compared_there)
{
    Sick result;
    for (std::size_t seed = 0; seed < 3; ++seed) {
        result.leave_out(detection, result.run(1, seed, 0), 0);
        result.leave_out(detection, result.run(0, seed, 1), 1);
        result.leave_out(detection, result.run(1, seed, 1), 1);
    }
    Answers const answers(result.write());
    EXPECT_THAT(answers.arms, HasSubstr("no seed with both sides in high"));
    EXPECT_THAT(answers.methods, HasSubstr("no seed with both sides in high"));
}

TEST(Robustness, no_noisy_items_leave_nothing_to_detect)
{
    Sick result;
    for (std::size_t run = 0; run < 12; ++run) {
        result.truth(detection, run).is_noisy.assign(12, 0);
        for (std::size_t method = 0; method < 2; ++method) {
            result.set_metric(detection, run, method, 0, nan);
            result.set_metric(detection, run, method, 1, nan);
        }
    }
    Answers const answers(result.write());
    EXPECT_THAT(answers.summary, HasSubstr("undefined here (no noisy or no clean items)"));
}

TEST(Robustness, the_page_of_a_sick_result_names_what_is_wrong)
{
    if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed (Debian package gnuplot-nox)";
    Sick result;
    result.fail(result.run(0, 1, 0), "loss is not finite");
    result.leave_pending(result.run(1, 1, 1));
    result.set_metric(detection, result.run(1, 2, 0), 0, 0, nan);
    result.set_column(detection, result.run(1, 0, 0), 0, std::vector<double>(12, 0.25));
    result.leave_out(test_set, result.run(0, 2, 0), 1);
    std::string const page = page_of(result.write());
    EXPECT_THAT(page, HasSubstr("loss is not finite"));
    EXPECT_THAT(page, HasSubstr("left out"));
    EXPECT_THAT(page, Not(AnyOf(HasSubstr(">nan"), HasSubstr("nan,"), HasSubstr("\"nan"))));
}

TEST(Robustness, the_page_of_a_result_without_results_exists)
{
    if (!has_gnuplot()) GTEST_SKIP() << "gnuplot is not installed (Debian package gnuplot-nox)";
    Sick failed;
    for (std::size_t run = 0; run < 12; ++run)
        failed.fail(run, "no GPU");
    EXPECT_THAT(page_of(failed.write()), HasSubstr("no GPU"));
    Sick one(std::vector<std::string>{"1"});
    EXPECT_THAT(page_of(one.write()), HasSubstr("one seed"));
}

}  // namespace ablatrix::report
