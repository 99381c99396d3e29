#include "jobs/ecg/ecg_job.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/config/node.hpp>
#include <ablatrix/plan/graph.hpp>

#include "jobs/ecg/parameters.hpp"
#include "jobs/ecg/stages/metric_names.hpp"
#include "jobs/ecg/stages/support.hpp"
#include "tests/unit/ecg/small_plan.hpp"

namespace ablatrix::ecg {
namespace {

using test::Plan;
using testing::Contains;
using testing::HasSubstr;

std::string message_of(std::string const& yaml, std::filesystem::path const& base = ".")
{
    try {
        Plan().add(yaml, base);
    }
    catch (Error const& error) {
        return error.what();
    }
    return "no error";
}

/// A folder with one file, gone at the end.
struct TemporaryTable
{
    explicit TemporaryTable(std::string const& contents)
    {
        auto pattern = (std::filesystem::temp_directory_path() / "ablatrix-ecg-XXXXXX").string();
        folder = mkdtemp(pattern.data());
        std::ofstream(folder / "table.tsv") << contents;
    }
    ~TemporaryTable() { std::filesystem::remove_all(folder); }
    std::filesystem::path folder;
};

TEST(EcgPlan, an_arm_adds_nothing_upstream_of_the_combination)
{
    Plan plan;
    plan.add_small("cleaning: {methods: [none, self_confidence, ecg_adaptive]}");
    auto const full = plan.kinds();
    plan.add_small("cleaning: {methods: [none, self_confidence, ecg_adaptive]}\nsignals: {stability: false}");
    auto const both = plan.kinds();
    // The arm's own: its combination, what measures it, and cleaning by it.
    std::map<std::string, int> added;
    for (auto const& [kind, count] : both) {
        if (count != full.at(kind)) added[kind] = count - full.at(kind);
    }
    EXPECT_EQ(added, (std::map<std::string, int>{{"ecg.combine", 1},
                                                 {"ecg.detection_metrics", 1},
                                                 {"ecg.clean", 1},
                                                 {"ecg.retrain", 1},
                                                 {"ecg.test_metrics", 1}}));
}

TEST(EcgPlan, uniform_noise_shares_everything_that_reads_text_only)
{
    Plan plan;
    for (std::string const rate : {"0.05", "0.1", "0.2"})
        plan.add_small("noise: {type: uniform, rate: " + rate + "}");
    auto const kinds = plan.kinds();
    for (std::string const kind : {"ecg.source", "ecg.lsa", "ecg.explain", "ecg.embed_explanations", "ecg.reliability",
                                   "ecg.stability", "ecg.artifact", "ecg.marker_oracle", "ecg.random_baseline"})
    {
        EXPECT_EQ(kinds.at(kind), 1) << kind;
    }
    EXPECT_EQ(kinds.at("ecg.labels"), 3);
    EXPECT_EQ(kinds.at("ecg.train"), 3);
    EXPECT_EQ(kinds.at("ecg.neighbours"), 2 + 3);  // explanations, inputs; one of the classifier per rate
    EXPECT_EQ(kinds.at("ecg.graph"), 2);
    EXPECT_EQ(kinds.count("ecg.marked_text"), 0U);
}

TEST(EcgPlan, edge_parameters_leave_the_neighbours_alone)
{
    Plan plan;
    plan.add_small("{}");
    auto const before = plan.kinds();
    plan.add_small("graph: {s_min: 0.25, tau: 0.2, mutual: true, reliability: false}");
    auto const after = plan.kinds();
    EXPECT_EQ(after.at("ecg.neighbours"), before.at("ecg.neighbours"));
    EXPECT_EQ(after.at("ecg.knn_baseline"), before.at("ecg.knn_baseline"));
    EXPECT_EQ(after.at("ecg.graph"), 2 * before.at("ecg.graph"));
}

TEST(EcgPlan, uniform_and_artifact_noise_flip_the_same_labels)
{
    Plan plan;
    plan.add_small("noise: {type: uniform, rate: 0.1}");
    plan.add_small("noise: {type: artifact, rate: 0.1}");
    EXPECT_EQ(plan.kinds().at("ecg.labels"), 1);
    EXPECT_EQ(plan.kinds().at("ecg.subsample"), 3);  // train, reserve, test
    EXPECT_EQ(plan.kinds().at("ecg.explain"), 2);
}

TEST(EcgPlan, stripping_metadata_shares_the_explanations_of_uniform_noise)
{
    Plan plan;
    plan.add_small("noise: {type: uniform, rate: 0.1}\nexplanation: {metadata_policy: strip}");
    plan.add_small("noise: {type: artifact, rate: 0.1}\nexplanation: {metadata_policy: strip}");
    EXPECT_EQ(plan.kinds().at("ecg.explain"), 1);
}

TEST(EcgPlan, seeds_share_the_reserve_and_the_evaluation_texts)
{
    Plan plan;
    plan.add_small("seed: 1");
    plan.add_small("seed: 2");
    EXPECT_EQ(plan.kinds().at("ecg.subsample"), 4);  // two trainings, one reserve, one test
    EXPECT_EQ(plan.kinds().at("ecg.evaluation_texts"), 1);
}

TEST(EcgPlan, noise_types_fold_at_rate_zero)
{
    auto const job = make_ecg_job();
    auto const canonical = [&](std::string const& yaml) {
        auto parameters = job->defaults();
        parameters.merge(config::parse_yaml(yaml, "x.yaml"));
        job->canonicalise(parameters);
        return parameters.canonical();
    };
    auto const none = canonical("noise: {type: none}");
    EXPECT_EQ(canonical("noise: {type: uniform, rate: 0}"), none);
    EXPECT_EQ(canonical("noise: {type: artifact, rate: 0}"), none);
    EXPECT_NE(canonical("noise: {type: artifact, rate: 0, marker_clean_fraction: 0.5}"), none);
    EXPECT_NE(canonical("noise: {type: uniform, rate: 0.1}"), canonical("noise: {type: uniform, rate: 0.2}"));
    EXPECT_EQ(canonical("noise: {type: uniform, rate: 0.0}"), none);
    EXPECT_EQ(canonical("noise: {type: none, marker_clean_fraction: 0.5}"), none);
    EXPECT_EQ(canonical("noise: {type: uniform, marker_clean_fraction: 0.5}"), canonical("noise: {type: uniform}"));
    EXPECT_NE(canonical("noise: {marker_clean_fraction: 0.5}"), canonical("{}"));
    EXPECT_EQ(canonical("rating: {fraction: 0.5}"), canonical("{}"));
    EXPECT_NE(canonical("rating: {enabled: true, fraction: 0.5}"), canonical("rating: {enabled: true}"));
    auto const ratings = std::string{"data: {columns: {ratings: r}}\n"};
    EXPECT_EQ(canonical(ratings + "noise: {type: annotator, rate: 0.1}"),
              canonical(ratings + "noise: {type: annotator, rate: 0.2}"));
}

TEST(EcgPlan, every_method_and_metric_of_a_run_is_declared)
{
    Plan plan;
    auto const outputs = plan.add_small("{}");
    std::vector<std::string> detection, test;
    for (auto const& column : outputs.columns)
        (column.item_set == "test" ? test : detection).push_back(column.method);
    EXPECT_EQ(detection, detection_methods());
    EXPECT_THAT(test, Contains("ecg_adaptive@0.05/aligned"));
    EXPECT_THAT(test, Contains("none/swapped"));
    EXPECT_THAT(test, Contains("oracle"));
    ASSERT_EQ(outputs.truths.size(), 2U);
    EXPECT_EQ(outputs.truths[0].n_items, 300);
    EXPECT_EQ(outputs.truths[1].n_items, 100);
    EXPECT_EQ(plan.job->item_sets().size(), 2U);
}

TEST(EcgPlan, reweighting_is_the_same_work_at_every_fraction)
{
    Plan plan;
    plan.add_small("cleaning: {action: reweight, methods: [self_confidence], fractions: [0.05, 0.1]}");
    EXPECT_EQ(plan.kinds().at("ecg.clean"), 1);
    EXPECT_EQ(plan.kinds().at("ecg.retrain"), 1);
}

TEST(EcgPlan, mistakes_name_their_place_before_any_work)
{
    EXPECT_THAT(message_of("data:\n  synthetic:\n    words_min: 3\n"), HasSubstr("x.yaml:3:"));
    EXPECT_THAT(message_of("data: {n_train: 300}\ngraph: {k: 300}"),
                testing::AllOf(HasSubstr("graph.k"), HasSubstr("x.yaml:2:")));
    EXPECT_THAT(message_of("data:\n  n_train: 5000\n"),
                testing::AllOf(HasSubstr("data.n_train"), HasSubstr("x.yaml:2:")));
    EXPECT_THAT(message_of("data:\n  n_train: 40\n"), HasSubstr("x.yaml:2:"));
    EXPECT_THAT(message_of("classifier:\n  folds: 31\ndata: {n_train: 60}\n"),
                testing::AllOf(HasSubstr("x.yaml:2:"), HasSubstr("two rows a fold")));
    EXPECT_THAT(message_of("data:\n  test_rows: 1990\n"), HasSubstr("x.yaml:2:"));
    EXPECT_THAT(message_of("data:\n  source: table\n  path: nowhere.tsv\n"),
                testing::AllOf(HasSubstr("nowhere.tsv"), HasSubstr("x.yaml:3:")));
}

TEST(EcgPlan, annotator_noise_needs_ratings)
{
    EXPECT_THAT(message_of("noise:\n  type: annotator\n"),
                testing::AllOf(HasSubstr("ratings"), HasSubstr("x.yaml:2:")));
    EXPECT_THAT(message_of("noise:\n  type: annotator\ndata: {columns: {ratings: r}}\n"),
                testing::AllOf(HasSubstr("ratings"), HasSubstr("x.yaml:2:")));  // synthetic reviews have none
}

TEST(EcgPlan, a_table_of_one_class_is_an_error)
{
    std::string rows = "text\tlabel\n";
    for (int i = 0; i < 300; ++i)
        rows += "some words\t0\n";
    TemporaryTable const table(rows);
    EXPECT_THAT(message_of("data: {source: table, path: table.tsv}", table.folder), HasSubstr("class"));
}

TEST(EcgPlan, paths_are_taken_from_the_experiments_folder)
{
    std::string rows = "text\tlabel\n";
    for (int i = 0; i < 400; ++i)
        rows += "words number " + std::to_string(i) + "\t" + std::to_string(i % 2) + "\n";
    TemporaryTable const here(rows), there(rows);
    Plan plan;
    std::string const yaml = "data: {source: table, path: table.tsv, test_rows: 50, reserve_rows: 100}";
    auto const outputs = plan.add(yaml, here.folder);
    EXPECT_EQ(outputs.truths[0].n_items, 400 - 100 - 50);
    // Tasks are named by content: the same table elsewhere is the same work.
    auto const before = plan.graph->size();
    plan.add(yaml, there.folder);
    EXPECT_EQ(plan.graph->size(), before);
}

/// All numbers of one small run.
class RunTest : public testing::Test
{
  protected:
    void run(std::string const& yaml, int threads = 1)
    {
        outputs_ = plan_.add_small(yaml);
        bundles_ = test::run_graph(*plan_.graph, threads);
    }
    base::Bundle const& bundle(plan::TaskId task) const { return bundles_[plan::index_of(task)]; }
    double metric(std::string const& method, std::size_t index = 0) const
    {
        auto const column = std::find_if(outputs_.columns.begin(), outputs_.columns.end(),
                                         [&](plan::ColumnOutput const& each) { return each.method == method; });
        return bundle(column->metrics_task).get<double>("metrics/" + column->array)[index];
    }
    double scalar(std::string const& name) const
    {
        auto const found = std::find_if(outputs_.scalars.begin(), outputs_.scalars.end(),
                                        [&](plan::ScalarOutput const& each) { return each.name == name; });
        return bundle(found->task).scalar(found->array);
    }

    Plan plan_;
    plan::RunOutputs outputs_;
    std::vector<base::Bundle> bundles_;
};

TEST_F(RunTest, uniform_noise_is_found_and_artifact_noise_misleads_the_classifier)
{
    run("noise: {type: uniform, rate: 0.1}\ndata: {n_train: 300, synthetic: {overlap: 0.3}}");
    EXPECT_GT(metric("self_confidence"), 0.8);
    EXPECT_GT(metric("explanation_knn"), 0.8);
    EXPECT_GT(metric("label_mismatch"), 0.8);
    EXPECT_NEAR(metric("marker_oracle"), 0.5, 1e-12);
    // Two classes: three names for one order (ecg.md 6).
    EXPECT_DOUBLE_EQ(metric("high_loss"), metric("self_confidence"));
    EXPECT_DOUBLE_EQ(metric("margin"), metric("self_confidence"));
    EXPECT_EQ(scalar("n_noisy"), 30);
    EXPECT_EQ(scalar("constant_signals"), 1);  // nothing to cite without markers
    EXPECT_EQ(scalar("parse_rate"), 1);
    EXPECT_EQ(scalar("label_word_rate"), 0);
    EXPECT_GT(scalar("comprehensiveness"), scalar("sufficiency"));
}

TEST_F(RunTest, artifact_noise_hides_from_the_classifier_but_not_from_the_oracle)
{
    run("noise: {type: artifact, rate: 0.2}\ndata: {synthetic: {overlap: 0.6}}\nclassifier: {learning_rate: 0.1}");
    EXPECT_LT(metric("self_confidence"), 0.5);
    EXPECT_DOUBLE_EQ(metric("marker_oracle"), 1);
    EXPECT_GT(metric("explanation_knn"), metric("self_confidence"));
    // Appended markers decide: right ones help, wrong ones hurt, none at all is the clean text.
    EXPECT_GT(metric("none/aligned"), metric("none"));
    EXPECT_LT(metric("none/swapped"), metric("none"));
    EXPECT_DOUBLE_EQ(metric("none/stripped"), metric("none"));
    EXPECT_GT(scalar("spurious_attribution"), 0);
}

TEST_F(RunTest, rating_tokens_do_not_hide_the_marker_from_its_oracle)
{
    run("noise: {type: artifact, rate: 0.1}\nrating: {enabled: true}\ncleaning: {methods: []}");
    EXPECT_DOUBLE_EQ(metric("marker_oracle"), 1);
}

TEST_F(RunTest, every_output_has_the_size_it_was_declared_with)
{
    run("rating: {enabled: true}\nsignals: {artifact_mode: pmi}\ncleaning: {action: relabel, methods: [none, "
        "ecg_adaptive]}");
    for (auto const& truth : outputs_.truths) {
        EXPECT_EQ(bundle(truth.task).get<std::int64_t>("item").size(), static_cast<std::size_t>(truth.n_items));
        EXPECT_EQ(bundle(truth.task).get<std::uint8_t>("is_noisy").size(), static_cast<std::size_t>(truth.n_items));
    }
    for (auto const& column : outputs_.columns) {
        auto const is_test = column.item_set == "test";
        auto const expected = is_test ? 100U : 300U;
        auto const size = is_test ? bundle(column.task).get<std::int32_t>(column.array).size()
                                  : bundle(column.task).get<double>(column.array).size();
        EXPECT_EQ(size, expected) << column.method;
        EXPECT_EQ(bundle(column.metrics_task).get<double>("metrics/" + column.array).size(),
                  (is_test ? test_metrics() : detection_metrics()).size());
    }
    for (auto const& each : outputs_.scalars)
        EXPECT_NO_THROW(bundle(each.task).scalar(each.array)) << each.name;
}

TEST_F(RunTest, more_classes_and_clean_runs_work)
{
    run("data: {n_train: 240, test_rows: 100, reserve_rows: 200, synthetic: {rows: 800, classes: 4, overlap: 0.3}}\n"
        "embedder: {dim: 32}\nexplanation: {dim: 32, canonical: K5, samples: 1}\nnoise: {type: artifact, rate: 0.2}");
    EXPECT_DOUBLE_EQ(metric("marker_oracle"), 1);
    EXPECT_GT(metric("label_mismatch"), 0.6);
    EXPECT_EQ(scalar("mean_reliability"), 1);
}

TEST(EcgRun, does_not_depend_on_the_number_of_threads)
{
    Plan plan;
    plan.add_small("cleaning: {methods: [ecg_adaptive]}");
    auto const one = test::run_graph(*plan.graph, 1);
    auto const three = test::run_graph(*plan.graph, 3);
    ASSERT_EQ(one.size(), three.size());
    for (std::size_t t = 0; t < one.size(); ++t) {
        EXPECT_EQ(one[t].serialise(), three[t].serialise()) << plan.graph->tasks()[t].kind;  // bytes: NaN equals NaN
    }
}

TEST(EcgRun, the_explainers_reserve_is_never_under_detection_or_in_the_test)
{
    Plan plan;
    plan.add_small("{}");
    auto const bundles = test::run_graph(*plan.graph, 1);
    std::vector<std::int64_t> all;
    for (std::size_t t = 0; t < bundles.size(); ++t) {
        if (plan.graph->tasks()[t].kind != "ecg.subsample") continue;
        auto const rows = bundles[t].get<std::int64_t>("row");
        all.insert(all.end(), rows.begin(), rows.end());
    }
    EXPECT_EQ(all.size(), 200U + 300U + 100U);
    std::sort(all.begin(), all.end());
    EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
}

}  // namespace
}  // namespace ablatrix::ecg
