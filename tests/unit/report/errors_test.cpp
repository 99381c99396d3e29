#include <ablatrix/report/errors.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/report/document.hpp>

#include "unit/report/sample_result.hpp"

namespace ablatrix::report {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::ThrowsMessage;

std::vector<double> digits(std::string const& text)
{
    std::vector<double> values;
    for (char const c : text)
        values.push_back(c - '0');
    return values;
}

std::vector<Record> records_of(Report const& report, std::string const& metric, std::string const& method = "none")
{
    std::vector<Record> found;
    std::copy_if(report.records.begin(), report.records.end(), std::back_inserter(found),
                 [&](Record const& record) { return record.metric == metric && record.method == method; });
    return found;
}

std::vector<double> values_of(std::vector<Record> const& records)
{
    std::vector<double> values;
    for (auto const& record : records)
        values.push_back(record.estimate.value);
    return values;
}

std::string text_of(Report const& report)
{
    return render_terminal(report.document, 1000);
}

std::string field(Record const& record, std::string const& name)
{
    for (auto const& [key, value] : record.details) {
        if (key == name) return value;
    }
    return "(none)";
}

/// The three raters of statistics.md section 10 as predictions of "none" on ten items whose clean label is 1.
class Errors : public testing::Test
{
  protected:
    Errors() : result({"uniform"}, {"7", "8", "9"}, {"full", "less"}, {"aum"}, {"none", "cleaned", "other"}, 10)
    {
        char const* predictions[] = {"1101001011", "1001011010", "1101000011"};
        for (std::size_t seed = 0; seed < 3; ++seed) {
            result.set_column(1, result.run(0, seed, 0), 0, digits(predictions[seed]));
            result.set_column(1, result.run(0, seed, 0), 1, digits("1111111100"));
            result.set_metric(1, result.run(0, seed, 0), 1, 0, 0.8);
        }
    }
    sample::SampleResult result;
};

TEST_F(Errors, counts_seeds_that_get_each_item_right)
{
    auto const report = errors(result.write(), {});
    // Sums over seeds: 3 2 0 3 0 1 2 0 3 2.
    EXPECT_THAT(values_of(records_of(report, "right_in")), ElementsAre(3, 1, 3, 3));
    EXPECT_THAT(values_of(records_of(report, "errors")), ElementsAre(4, 5, 5));
    EXPECT_THAT(values_of(records_of(report, "mostly_wrong")), ElementsAre(4));
    EXPECT_NEAR(records_of(report, "mean_entropy").at(0).estimate.value, 0.3673183336, 1e-10);
}

TEST_F(Errors, compares_always_wrong_items_with_independent_errors)
{
    auto const report = errors(result.write(), {});
    auto const always = records_of(report, "always_wrong").at(0);
    EXPECT_EQ(always.estimate.value, 3);
    EXPECT_NEAR(always.test.statistic, 3.0, 1e-12);  // 10 * .4 * .5 * .5 = 1 expected
    EXPECT_NEAR(always.test.p, 0.0260771, 1e-7);
    EXPECT_EQ(always.estimate.note, "systematic");
    EXPECT_NEAR(records_of(report, "always_wrong_expected").at(0).estimate.value, 1.0, 1e-12);
    EXPECT_THAT(text_of(report), HasSubstr("with none, 3 of 10 items are wrong in all 3 seeds, 1.0 expected from "
                                           "independent errors (p = 0.026): systematic"));
}

TEST_F(Errors, gives_kappas_of_pairs_and_of_all_seeds)
{
    auto const report = errors(result.write(), {});
    auto const pairs = records_of(report, "cohen_kappa.predictions");
    ASSERT_THAT(pairs, SizeIs(3));
    EXPECT_NEAR(pairs[0].estimate.value, 0.4, 1e-12);
    EXPECT_NEAR(pairs[1].estimate.value, 0.8, 1e-12);
    EXPECT_NEAR(pairs[2].estimate.value, 0.2, 1e-12);
    EXPECT_EQ(pairs[1].seed_set, "7, 9");
    EXPECT_NEAR(records_of(report, "fleiss_kappa.predictions").at(0).estimate.value, 0.4642857143, 1e-10);
    auto const fleiss = records_of(report, "fleiss_kappa.predictions").at(0).estimate;
    EXPECT_LT(fleiss.low, fleiss.value);
    EXPECT_GT(fleiss.high, fleiss.value);
    EXPECT_EQ(fleiss.method, "boot.item.percentile");
    // The label is 1 everywhere, so right or wrong is the prediction.
    EXPECT_NEAR(records_of(report, "fleiss_kappa.right").at(0).estimate.value, 0.4642857143, 1e-10);
    EXPECT_THAT(text_of(report), HasSubstr("0.200 to 0.800"));
}

TEST_F(Errors, lists_wrong_items_with_what_every_seed_said)
{
    auto const file = result.write();
    auto const wrong = records_of(errors(file, {}), "right_seeds");
    ASSERT_THAT(wrong, SizeIs(4));
    EXPECT_EQ(field(wrong[0], "item"), "2");
    EXPECT_EQ(field(wrong[1], "item"), "4");
    EXPECT_EQ(field(wrong[2], "item"), "7");
    EXPECT_EQ(field(wrong[3], "item"), "5");
    EXPECT_EQ(field(wrong[3], "clean_label"), "1");
    EXPECT_EQ(field(wrong[3], "predictions"), "0 1 0");
    EXPECT_EQ(field(wrong[3], "mean_score"), "(none)") << "predictions have none";
    EXPECT_EQ(wrong[3].estimate.value, 1);

    ErrorOptions options;
    options.methods = {"none"};
    options.top = 2;
    auto const report = errors(file, options);
    EXPECT_THAT(text_of(report), AllOf(HasSubstr("none: items wrong in most seeds, 2 of 4"), HasSubstr("seeds 7 8 9"),
                                       Not(HasSubstr("0 1 0"))));
    EXPECT_THAT(records_of(report, "right_seeds"), SizeIs(4)) << "records hold all items";
    options.top = 0;
    EXPECT_THAT(text_of(errors(file, options)), Not(HasSubstr("items wrong in most seeds")));
}

TEST_F(Errors, looks_at_none_and_the_leader_unless_told)
{
    auto const file = result.write();
    auto const report = errors(file, {});
    EXPECT_THAT(records_of(report, "always_wrong", "cleaned"), SizeIs(1));
    EXPECT_THAT(records_of(report, "always_wrong", "other"), IsEmpty());
    ErrorOptions options;
    options.methods = {"other"};
    auto const chosen = errors(file, options);
    EXPECT_THAT(records_of(chosen, "always_wrong", "none"), IsEmpty());
    EXPECT_THAT(values_of(records_of(chosen, "always_wrong", "other")), ElementsAre(10));
    options.methods = {"nome"};
    EXPECT_THAT([&] { errors(file, options); }, ThrowsMessage<Error>(HasSubstr("Did you mean 'none'")));
}

TEST_F(Errors, leaves_kappa_undefined_when_all_answers_are_equal)
{
    ErrorOptions options;
    options.methods = {"other"};  // predicts 0 everywhere
    auto const report = errors(result.write(), options);
    auto const kappa = records_of(report, "fleiss_kappa.predictions", "other").at(0);
    EXPECT_EQ(kappa.estimate.status, stats::Status::undefined);
    EXPECT_EQ(kappa.estimate.note, "constant");
    EXPECT_EQ(records_of(report, "fleiss_kappa.agreeing_share.predictions", "other").at(0).estimate.value, 1);
}

TEST_F(Errors, says_cannot_tell_when_chance_gives_as_many)
{
    // Seeds 7 and 8 err on the same 2 of 4 items (the last six have no label): expected 2 * 2 / 4 = 1, ratio 2,
    // p = 1 / C(4, 2) = 1 / 6.
    auto& truth = result.truth(1, result.run(0, 0, 0));
    for (std::size_t i = 4; i < 10; ++i)
        truth.clean[i] = -1;
    for (std::size_t seed = 0; seed < 2; ++seed)
        result.set_column(1, result.run(0, seed, 0), 0, digits("0011111111"));
    result.leave_pending(result.run(0, 2, 0));
    auto const report = errors(result.write(), {});
    auto const always = records_of(report, "always_wrong").at(0);
    EXPECT_EQ(always.n_items, 4);
    EXPECT_EQ(always.n_seeds, 2);
    EXPECT_EQ(always.n_excluded, 1);
    EXPECT_NEAR(always.test.p, 1.0 / 6, 1e-12);
    EXPECT_THAT(text_of(report), AllOf(HasSubstr("cannot tell"), HasSubstr("1 seed left out"), HasSubstr("systematic?"),
                                       HasSubstr("6 items without a clean label left out")));
}

TEST_F(Errors, calls_errors_random_that_meet_as_often_as_chance)
{
    // Errors on items 0 to 4 and 3 to 7: 2 always wrong, 5 * 5 / 10 = 2.5 expected.
    result.set_column(1, result.run(0, 0, 0), 0, digits("0000011111"));
    result.set_column(1, result.run(0, 1, 0), 0, digits("1110000011"));
    result.fail(result.run(0, 2, 0), "no luck");
    auto const report = errors(result.write(), {});
    auto const always = records_of(report, "always_wrong").at(0);
    EXPECT_NEAR(always.test.statistic, 0.8, 1e-12);
    EXPECT_EQ(always.estimate.note, "random");
    EXPECT_THAT(text_of(report), HasSubstr("random, the errors change with the seed"));
}

TEST_F(Errors, says_that_one_seed_cannot_tell)
{
    result.leave_pending(result.run(0, 1, 0));
    result.leave_pending(result.run(0, 2, 0));
    auto const report = errors(result.write(), {});
    EXPECT_THAT(text_of(report), HasSubstr("with none, 4 of 10 items are wrong in the only seed, which cannot tell"));
    EXPECT_EQ(records_of(report, "mean_entropy").at(0).estimate.status, stats::Status::undefined);
    EXPECT_THAT(records_of(report, "fleiss_kappa.predictions"), IsEmpty());
}

TEST_F(Errors, says_when_nothing_has_finished)
{
    for (std::size_t seed = 0; seed < 3; ++seed)
        result.leave_pending(result.run(0, seed, 0));
    auto const report = errors(result.write(), {});
    EXPECT_THAT(text_of(report), HasSubstr("no finished run, nothing to say"));
    EXPECT_THAT(report.records, IsEmpty());
}

TEST_F(Errors, compares_flags_where_seeds_share_their_items)
{
    // Item 0 is noisy, one item is flagged: item 0 by the first seed, item 3 by the others.
    char const* scores[] = {"9000000000", "0009000000", "0009000000"};
    for (std::size_t seed = 0; seed < 3; ++seed)
        result.set_column(0, result.run(0, seed, 0), 0, digits(scores[seed]));
    auto const report = errors(result.write(), {});
    auto const wrong = records_of(report, "right_seeds", "aum");
    ASSERT_THAT(wrong, SizeIs(2));
    EXPECT_EQ(field(wrong[0], "item"), "0");
    EXPECT_EQ(field(wrong[0], "is_noisy"), "1");
    EXPECT_EQ(field(wrong[0], "flags"), "1 0 0");
    EXPECT_EQ(field(wrong[1], "item"), "3");
    EXPECT_EQ(field(wrong[1], "is_noisy"), "0");
    EXPECT_EQ(field(wrong[1], "flags"), "0 1 1");
    // Scores 9 0 0 and 0 9 9: squares around the mean 36 + 9 + 9, over 2.
    EXPECT_EQ(field(wrong[0], "mean_score"), "3");
    EXPECT_EQ(field(wrong[1], "mean_score"), "6");
    EXPECT_NEAR(std::stod(field(wrong[0], "score_sd")), std::sqrt(27.0), 1e-12);
    EXPECT_NEAR(std::stod(field(wrong[1], "score_sd")), std::sqrt(27.0), 1e-12);
    EXPECT_THAT(text_of(report), AllOf(HasSubstr("mean score"), HasSubstr("3.000"), HasSubstr("5.196")));
}

TEST_F(Errors, gives_scores_of_one_seed_without_a_spread)
{
    result.set_column(0, result.run(0, 0, 0), 0, digits("0009000000"));
    result.leave_pending(result.run(0, 1, 0));
    result.leave_pending(result.run(0, 2, 0));
    auto const wrong = records_of(errors(result.write(), {}), "right_seeds", "aum");
    ASSERT_THAT(wrong, SizeIs(2));
    EXPECT_EQ(field(wrong[1], "mean_score"), "9");
    EXPECT_EQ(field(wrong[1], "score_sd"), "(none)");
}

TEST_F(Errors, compares_flags_where_seeds_flip_other_labels_of_the_same_items)
{
    // All seeds flag item 0; it is noisy in the first seed only, item 5 in the others.
    for (std::size_t seed = 0; seed < 3; ++seed)
        result.set_column(0, result.run(0, seed, 0), 0, digits("9000000000"));
    for (std::size_t seed = 1; seed < 3; ++seed) {
        auto& truth = result.truth(0, result.run(0, seed, 0));
        truth.is_noisy[0] = 0;
        truth.is_noisy[5] = 1;
    }
    auto const report = errors(result.write(), {});
    auto const wrong = records_of(report, "right_seeds", "aum");
    ASSERT_THAT(wrong, SizeIs(2));
    EXPECT_EQ(field(wrong[0], "is_noisy"), "1 0 0");
    EXPECT_EQ(field(wrong[1], "is_noisy"), "0 1 1");
    EXPECT_EQ(records_of(report, "always_wrong", "aum").at(0).test.method, "hypergeometric");
}

TEST_F(Errors, says_that_items_differ_between_seeds)
{
    // Seeds 8 and 9 have items of their own; seed 7 shares half of its items with seed 8.
    for (std::size_t seed = 1; seed < 3; ++seed) {
        for (auto& item : result.truth(0, result.run(0, seed, 0)).item)
            item += seed == 1 ? 5 : 100;
    }
    auto const report = errors(result.write(), {});
    EXPECT_THAT(text_of(report), HasSubstr("Items differ between seeds (two seeds share 17 % of them on average)"));
    EXPECT_THAT(records_of(report, "always_wrong", "aum"), IsEmpty());
    EXPECT_THAT(records_of(report, "always_wrong"), SizeIs(1)) << "the test set is still analysed";
}

TEST(ErrorsBy, takes_the_runs_of_a_wider_condition_together)
{
    sample::SampleResult result({"uniform/10", "uniform/20"}, {"1", "2"}, {"full"}, {"aum"}, {"none"}, 4);
    for (std::size_t noise = 0; noise < 2; ++noise) {
        result.set_column(1, result.run(noise, 0, 0), 0, digits("0111"));
        result.set_column(1, result.run(noise, 1, 0), 0, digits(noise == 0 ? "0111" : "0011"));
    }
    ErrorOptions options;
    options.by = {"noise"};
    auto const report = errors(result.write(), options);
    EXPECT_THAT(values_of(records_of(report, "right_in")), ElementsAre(1, 0, 0, 1, 2));
    EXPECT_THAT(text_of(report), AllOf(HasSubstr("wrong in all 4 runs"), HasSubstr("p is optimistic")));
    EXPECT_THAT(records_of(report, "errors").at(2).seed_set, AllOf(HasSubstr("seed=2"), HasSubstr("size=10")));
}

}  // namespace
}  // namespace ablatrix::report
