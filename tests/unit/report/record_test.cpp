#include <ablatrix/report/report.hpp>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/text.hpp>

namespace ablatrix::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr double infinity = std::numeric_limits<double>::infinity();

Record sample_record()
{
    Record record;
    record.kind = "metric";
    record.item_set = "detection";
    record.condition = {{"noise", "uniform, \"strong\""}};
    record.metric = "auroc";
    record.arm = "full";
    record.method = "aum";
    record.estimate.value = 0.1;
    record.estimate.high = infinity;
    record.estimate.status = stats::Status::ok;
    record.estimate.note = "few_groups";
    record.n_seeds = 3;
    return record;
}

Report report_of(std::vector<Record> records)
{
    return {{}, std::move(records), {"study", "abc", "1.0"}};
}

/// Names in the order of the columns.
std::vector<std::string> header(Report const& report)
{
    std::string const text = to_csv(report);
    return base::split(text.substr(0, text.find('\n')), ',');
}

TEST(Csv, quotes_cells_and_leaves_missing_numbers_empty)
{
    std::string const text = to_csv(report_of({sample_record()}));
    EXPECT_THAT(text, StartsWith("record_id,kind,experiment,item_set,noise,arm_a,method_a,arm_b,method_b,"));
    EXPECT_THAT(text, HasSubstr(",metric,study,detection,\"uniform, \"\"strong\"\"\",full,aum,,,"));
    EXPECT_THAT(text, HasSubstr(",0.1,,,0.95,"));  // value, no low, no (infinite) high, level
}

TEST(Csv, has_every_field_of_the_specification)
{
    // statistics.md section 12; dataset and split are experiment and item_set here, noise is the axes, and the input's
    // hash is that of the plan.
    EXPECT_THAT(
        header(report_of({})),
        ElementsAre("record_id", "kind", "experiment", "item_set", "arm_a", "method_a", "arm_b", "method_b", "seed_set",
                    "metric", "params", "scope", "design", "value", "ci_low", "ci_high", "level", "mc_low", "mc_high",
                    "sd", "ddof", "method", "resamples", "resamples_undefined", "seed", "frame", "z0", "accel", "n",
                    "n_pos", "n_groups", "n_seeds", "n_excluded", "b", "c", "test", "stat", "df", "p", "p_min",
                    "p_adjusted", "p_min_adjusted", "adjust", "family", "family_size", "cannot_reach", "effect",
                    "effect_low", "effect_high", "effect_name", "gate_id", "op", "threshold", "mode", "outcome",
                    "outcome_point", "settle", "status", "note", "input_fingerprint", "code_version"));
}

TEST(Csv, keeps_axes_and_details_apart_from_fields_of_the_same_name)
{
    auto record = sample_record();
    record.condition = {{"metric", "cosine"}, {"item", "word"}};
    record.details = {{"item", "17"}, {"flags", "0 1"}};
    auto const names = header(report_of({record}));
    EXPECT_EQ(names[4], "axis.metric");
    EXPECT_EQ(names[5], "item");
    EXPECT_EQ(names[13], "detail.item");
    EXPECT_EQ(names[14], "flags");
}

TEST(JsonLines, write_null_for_what_is_missing)
{
    std::string const text = to_json_lines(report_of({sample_record()}));
    EXPECT_THAT(text, StartsWith(R"({"record_id": "metric|detection|noise=uniform, \"strong\"|auroc||full:aum", )"));
    EXPECT_THAT(text, HasSubstr(R"("noise": "uniform, \"strong\"", )"));
    EXPECT_THAT(text, HasSubstr(R"("arm_b": null, )"));
    EXPECT_THAT(text, HasSubstr(R"("value": 0.1, "ci_low": null, "ci_high": null, "level": 0.95, )"));
    EXPECT_THAT(text, HasSubstr(R"("n": null, "n_pos": null, "n_groups": null, "n_seeds": 3, )"));
    EXPECT_THAT(text, HasSubstr(R"("cannot_reach": null, )"));
    EXPECT_THAT(text, HasSubstr(R"("input_fingerprint": "abc", "code_version": "1.0"})"
                                "\n"));
}

TEST(JsonLines, of_nothing_are_nothing)
{
    EXPECT_EQ(to_json_lines(report_of({})), "");
}

TEST(JsonLines, name_infinite_bounds_in_the_note)
{
    auto record = sample_record();
    EXPECT_THAT(to_json_lines(report_of({record})), HasSubstr(R"("note": "few_groups, unbounded_high")"));
    record.estimate.high = 1;
    record.effect.low = -infinity;
    EXPECT_THAT(to_json_lines(report_of({record})), HasSubstr(R"("note": "few_groups, unbounded_low")"));
}

TEST(JsonLines, keep_every_bit_of_a_number)
{
    auto record = sample_record();
    record.estimate.value = 0.1 + 0.2;
    record.test.p = 1e-300;
    std::string const text = to_json_lines(report_of({record}));
    EXPECT_THAT(text, HasSubstr(R"("value": 0.30000000000000004, )"));
    EXPECT_THAT(text, HasSubstr(R"("p": 1e-300, )"));
}

TEST(JsonLines, replace_bytes_that_are_no_utf8)
{
    auto record = sample_record();
    record.method = "caf\xe9";
    EXPECT_THAT(to_json_lines(report_of({record})), HasSubstr(R"("method_a": "caf?")"));
}

TEST(JsonLines, tell_of_a_test_whether_the_test_worked)
{
    auto record = sample_record();
    record.kind = "test";
    record.test.status = stats::Status::degenerate;
    EXPECT_THAT(to_json_lines(report_of({record})), HasSubstr(R"("status": "degenerate")"));
}

TEST(Records, are_sorted_by_their_id_whatever_their_order)
{
    auto first = sample_record(), second = sample_record();
    second.params = {{"seed", "2"}};
    EXPECT_NE(record_id(first), record_id(second));
    EXPECT_EQ(to_csv(report_of({first, second})), to_csv(report_of({second, first})));
    EXPECT_EQ(to_json_lines(report_of({first, second})), to_json_lines(report_of({second, first})));
}

TEST(Records, have_ids_that_name_both_sides_and_the_gate_but_not_the_data)
{
    auto record = sample_record();
    record.kind = "difference";
    record.condition = {{"noise", "uniform"}, {"rate", "0.1"}};
    record.params = {{"K", "0.1"}};
    record.arm_b = "less";
    record.method_b = "aum";
    EXPECT_EQ(record_id(record), "difference|detection|noise=uniform, rate=0.1|auroc|K=0.1|full:aum|less:aum");
    auto other = record;
    other.gate.id = "G1";
    EXPECT_THAT(record_id(other), HasSubstr("|less:aum|G1"));
    other = record;
    other.estimate.value = 7;
    other.seed_set = "1, 2";
    other.n_seeds = 2;
    EXPECT_EQ(record_id(other), record_id(record));
}

}  // namespace
}  // namespace ablatrix::report
