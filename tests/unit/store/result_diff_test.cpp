#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/store/result_file.hpp>

#include "support/temporary_folder.hpp"
#include "unit/store/sample_layout.hpp"

namespace ablatrix::store {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

/// Everything that a result holds; a test changes one thing of it.
struct Contents
{
    ResultLayout layout = test::sample_layout(4);
    Provenance provenance = test::sample_provenance();
    std::vector<std::vector<Truth>> truths;
    std::vector<std::vector<Column>> columns;
    std::vector<RunRecord> records;
    std::vector<std::vector<std::vector<double>>> metrics;
    StageRecord stage{1, 1, 0.5, 64, 1};

    Contents()
    {
        for (auto const& set : layout.item_sets) {
            auto const length = static_cast<std::size_t>(set.n_items) - 1;
            truths.emplace_back(set.truths.size(), test::sample_truth(length));
            columns.emplace_back(set.columns.size(), test::sample_column(set, length));
        }
        for (std::int64_t run = 0; run < layout.n_runs; ++run) {
            records.push_back(test::sample_record());
            metrics.push_back(test::sample_metrics(layout));
        }
    }
};

class DiffTest : public testing::Test
{
  protected:
    ResultFile file_with(std::string const& name, Contents const& contents) const
    {
        auto const path = folder_.path() / name;
        ResultFile::create(path, contents.layout, contents.provenance, {});
        auto file = ResultFile::open(path, {});
        for (std::size_t set = 0; set < contents.layout.item_sets.size(); ++set) {
            for (std::size_t i = 0; i < contents.truths[set].size(); ++i)
                file.write_truth(set, i, contents.truths[set][i]);
            for (std::size_t i = 0; i < contents.columns[set].size(); ++i)
                file.write_column(set, i, contents.columns[set][i]);
        }
        for (std::size_t run = 0; run < contents.records.size(); ++run) {
            auto const& record = contents.records[run];
            if (record.status != RunStatus::pending) file.write_run(run, record, contents.metrics[run]);
        }
        file.write_stage(0, contents.stage);
        return file;
    }
    std::vector<Difference> diff_after(std::function<void(Contents&)> const& change) const
    {
        Contents changed;
        change(changed);
        return diff(file_with("left.h5", Contents()), file_with("right.h5", changed));
    }

    test::TemporaryFolder folder_;
};

TEST_F(DiffTest, finds_nothing_between_equal_results_with_nan_values)
{
    EXPECT_THAT(diff_after([](Contents&) {}), IsEmpty());
}

TEST_F(DiffTest, ignores_times_devices_workers_attempts_and_cache_hits)
{
    EXPECT_THAT(diff_after([](Contents& c) {
                    c.records[1].start_s = 5;
                    c.records[1].seconds = 6;
                    c.records[1].device = "cpu";
                    c.records[1].worker = 9;
                    c.records[1].attempts = 3;
                    c.stage = {2, 5, 9.5, 128, 2};
                    c.provenance.facts["host_table"] = "elsewhere";
                    c.provenance.experiment_yaml += "execution: {threads: 2}\n";
                }),
                IsEmpty());
}

TEST_F(DiffTest, names_the_run_method_and_metric_of_a_changed_metric)
{
    auto const found = diff_after([](Contents& c) { c.metrics[3][0][4] = 0.75; });

    // Row-major [method x metric] with three metrics: element 4 is method 1, metric 1.
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].where, "/metrics/detection/values[run 3, combined, ap]");
    EXPECT_EQ(found[0].left, "0.25");
    EXPECT_EQ(found[0].right, "0.75");
}

TEST_F(DiffTest, compares_bits)
{
    auto const next = diff_after([](Contents& c) { c.columns[0][2].scores[1] = std::nextafter(1.0 / 7, 1.0); });
    ASSERT_THAT(next, SizeIs(1));
    EXPECT_EQ(next[0].where, "/items/detection/values[column 2, item 1]");
    EXPECT_NE(next[0].left, next[0].right);
}

TEST_F(DiffTest, tells_minus_zero_from_zero)
{
    auto const found = diff_after([](Contents& c) { c.columns[0][0].scores[0] = -0.0; });

    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].right, "-0");
}

TEST_F(DiffTest, finds_changed_scalars_labels_predictions_and_curves)
{
    auto const found = diff_after([](Contents& c) {
        c.records[0].scalars[1] = 0.5;
        c.truths[1][0].observed[1] = 7;
        c.columns[1][3].predictions[0] = 4;
        c.columns[1][4].confidence[1] = 0.25;
        c.columns[0][1].roc[50] = std::numeric_limits<double>::quiet_NaN();
    });

    std::vector<std::string> places;
    for (auto const& difference : found)
        places.push_back(difference.where);
    EXPECT_THAT(places, testing::UnorderedElementsAre(
                            "/metrics/run/values[run 0, accuracy]", "/items/test/observed[truth 0, item 1]",
                            "/items/test/values[column 3, item 0]", "/items/test/confidence[column 4, item 1]",
                            "/curves/detection/roc[column 1, point 50]"));
}

TEST_F(DiffTest, finds_a_failed_and_a_missing_run)
{
    auto const found = diff_after([](Contents& c) {
        c.records[1].status = RunStatus::failed;
        c.records[2].status = RunStatus::pending;
    });

    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].where, "/runs/status[run 1]");
    EXPECT_EQ(found[0].left, "done");
    EXPECT_EQ(found[0].right, "failed");
    EXPECT_EQ(found[1].where, "/runs/status[run 2]");
    EXPECT_EQ(found[1].right, "pending");
}

TEST_F(DiffTest, finds_a_column_of_another_length)
{
    auto const found = diff_after([](Contents& c) { c.columns[0][0].scores.pop_back(); });

    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].left, "4 entries");
    EXPECT_EQ(found[0].right, "3 entries");
}

TEST_F(DiffTest, finds_changed_parameters_and_goes_on)
{
    auto const found = diff_after([](Contents& c) {
        c.provenance.plan = base::fingerprint_of("other");
        c.records[0].scalars[1] = 0.5;
    });

    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].where, "/experiment@plan");
    EXPECT_EQ(found[1].where, "/metrics/run/values[run 0, accuracy]");
}

TEST_F(DiffTest, finds_a_result_without_confidences)
{
    auto const found = diff_after([](Contents& c) {
        c.layout.item_sets[1].has_confidence = false;
        for (auto& column : c.columns[1])
            column.confidence.clear();
    });

    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].where, "/items/test/confidence present");
}

TEST_F(DiffTest, finds_another_axis_value)
{
    auto const found = diff_after([](Contents& c) { c.layout.axes[0].value_of_run[3] = "44"; });

    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].where, "/axes/seed[run 3]");
}

TEST_F(DiffTest, finds_another_number_of_runs)
{
    auto const layout = test::sample_layout(6);
    ResultFile::create(folder_.path() / "six.h5", layout, test::sample_provenance(), {});

    auto const found = diff(file_with("four.h5", Contents()), ResultFile::open_readonly(folder_.path() / "six.h5"));

    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].where, "/runs");
    EXPECT_EQ(found[0].left, "4");
    EXPECT_EQ(found[0].right, "6");
}

TEST_F(DiffTest, stops_at_the_limit)
{
    Contents changed;
    for (auto& column : changed.columns[0])
        for (auto& score : column.scores)
            score += 1;

    auto const found = diff(file_with("a.h5", Contents()), file_with("b.h5", changed), 3);

    EXPECT_THAT(found, SizeIs(3));
}

}  // namespace
}  // namespace ablatrix::store
