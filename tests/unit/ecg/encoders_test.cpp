#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/data/dataset.hpp>
#include <ablatrix/data/noise.hpp>
#include <ablatrix/nn/encoder.hpp>
#include <ablatrix/nn/text_classifier.hpp>

#include "jobs/ecg/embed_texts.hpp"
#include "jobs/ecg/pairs.hpp"
#include "jobs/ecg/stages/metric_names.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "support/temporary_folder.hpp"
#include "tests/unit/ecg/small_plan.hpp"

namespace ablatrix::ecg {
namespace {

using test::Plan;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::filesystem::path const models = std::filesystem::path{ABLATRIX_SOURCE_DIR} / "tests/parity/models";

std::string const embedder = "embedder: {kind: hf, model: " + (models / "tiny-embedder").string() + "}\n";

std::string classifier(std::string const& kind)
{
    return "classifier: {kind: " + kind + ", model: " + (models / "tiny-classifier").string() +
           ", max_length: 40, folds: 2, finetune: {epochs: 1, batch: 16, learning_rate: 1e-3}}\n";
}

/// Runs of few rows: networks are slower than tables.
std::string const few =
    "data: {n_train: 60, test_rows: 20, reserve_rows: 60, synthetic: {rows: 300}}\n"
    "explanation: {samples: 2}\ncleaning: {methods: [none, self_confidence]}\n";

/// A table of pairs in \p folder, as the data of a run.
std::string pairs_in(std::filesystem::path const& folder)
{
    std::ofstream table(folder / "pairs.tsv");
    table << "premise\thypothesis\tlabel\n";
    for (int i = 0; i < 160; ++i)
        table << "the film " << i << "\tis " << (i % 2 == 0 ? "great" : "boring") << "\t" << i % 2 << "\n";
    return "data: {source: table, path: pairs.tsv, columns: {text: premise, text2: hypothesis}, n_train: 60, "
           "test_rows: 20, reserve_rows: 40}\n";
}

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

std::string canonical(std::string const& yaml)
{
    auto const job = make_ecg_job();
    auto parameters = job->defaults();
    parameters.merge(config::parse_yaml(yaml, "x.yaml"));
    job->canonicalise(parameters);
    return parameters.canonical();
}

TEST(EmbedTexts, embeds_equal_texts_once_known_ones_never_and_blank_ones_as_zeros)
{
    std::vector<std::string> const known_texts{"k", "b"};
    std::vector<float> const known_vectors{9, 9, 8, 8};
    KnownVectors known;
    known.add(known_texts, known_vectors, 2);
    std::vector<std::string> asked;
    std::vector<std::string> const texts{"a", "k", " ", "c", "a", ""};
    auto const vectors = embed_texts(
        texts, 2,
        [&](std::vector<std::string> const& wanted) {
            asked = wanted;
            std::vector<float> out;
            for (auto const& text : wanted)
                out.insert(out.end(), {static_cast<float>(text[0]), 1});
            return out;
        },
        known);
    EXPECT_THAT(asked, ElementsAre("a", "c"));
    EXPECT_THAT(vectors, ElementsAre('a', 1, 9, 9, 0, 0, 'c', 1, 'a', 1, 0, 0));
}

TEST(Pairs, are_cut_where_they_were_joined)
{
    EXPECT_EQ(split_pair("a b c <m>", "a b"), (std::pair<std::string, std::string>{"a b", "c <m>"}));
    EXPECT_EQ(split_pair("a ", "a"), (std::pair<std::string, std::string>{"a", ""}));
    EXPECT_EQ(split_pair(" c", ""), (std::pair<std::string, std::string>{"", "c"}));
    EXPECT_EQ(split_pair("c", ""), (std::pair<std::string, std::string>{"", "c"}));  // after collapsing
    EXPECT_THROW(split_pair("a b c", "a  b"), ContractError);
    EXPECT_THROW(split_pair("abc", "ab"), ContractError);
}

/// The stage's output for one pair of texts and what reads it.
TextRows evaluation_pair(std::string const& first, std::string const& second, std::string const& variant)
{
    data::Dataset table;
    table.row = {0};
    table.text = {first};
    table.text2 = {second};
    table.label = {1};
    table.class_names = {"negative", "positive"};
    auto const source = table.to_bundle();
    auto const rows = test::run_stage(subsample_stage(), plan::Params{}.set("role", "all"), {{"source", &source}});
    auto const texts =
        test::run_stage(evaluation_texts_stage(),
                        plan::Params{}.set("seed", std::int64_t{0}).set("shared_marker", false).set("ratings", true),
                        {{"rows", &rows}});
    auto const pairs =
        test::run_stage(pairs_stage(), plan::Params{}.set("tokens", data::known_tokens(table.class_names, false, true)),
                        {{"source", &source}, {"rows", &rows}});
    return read_text_rows(texts, "text/" + variant, &pairs);
}

TEST(Pairs, are_cut_where_they_were_joined_also_after_tokens_were_stripped)
{
    auto const expect = [](std::string const& first, std::string const& second, std::string const& stripped_first) {
        for (auto const* const variant : {"stripped", "rating-stripped"}) {
            auto const rows = evaluation_pair(first, second, variant);
            EXPECT_THAT(rows.first, ElementsAre(stripped_first)) << variant;
            EXPECT_THAT(rows.second, ElementsAre("is great")) << variant;
        }
        EXPECT_THAT(evaluation_pair(first, second, "clean").first, ElementsAre(first));
        EXPECT_THAT(evaluation_pair(first, second, "aligned").second, ElementsAre(second + " <lbl_pos>"));
    };
    expect("the  film", "is great", "the film");
    expect("the\u00a0\u00a0film\u2003", "is\u00a0great", "the film");
    expect("the <lbl_neg> film [RATING=1]", "is great", "the film");
    expect("<lbl_pos>", "is great", "");
}

TEST(EcgEncoders, mistakes_are_errors_at_their_place_before_any_work)
{
    EXPECT_THAT(message_of("embedder:\n  kind: hf\n"), AllOf(HasSubstr("x.yaml:2:"), HasSubstr("embedder.model")));
    EXPECT_THAT(message_of("classifier:\n  kind: finetune\n"),
                AllOf(HasSubstr("x.yaml:2:"), HasSubstr("classifier.model")));
    EXPECT_THAT(message_of("embedder:\n  kind: hf\n  model: nowhere\n"),
                AllOf(HasSubstr("x.yaml:3:"), HasSubstr("nowhere"), HasSubstr("fetch-model.sh")));
    EXPECT_THAT(message_of("embedder:\n  kind: hf\n  model: " + (models / "tiny-embedder/vocab.txt").string()),
                AllOf(HasSubstr("x.yaml:3:"), HasSubstr("is a file")));
    EXPECT_THAT(message_of("embedder:\n  kind: hf\n  model: " + models.string()),
                AllOf(HasSubstr("x.yaml:3:"), HasSubstr("config.json")));
    EXPECT_THAT(message_of("embedder:\n  kind: hf\n  max_length: 65\n  model: " + (models / "tiny-embedder").string()),
                AllOf(HasSubstr("x.yaml:3:"), HasSubstr("64 tokens")));
    EXPECT_THAT(message_of("classifier:\n  kind: probe\n  model: " + (models / "tiny-classifier").string()),
                AllOf(HasSubstr("x.yaml:3:"), HasSubstr("128"), HasSubstr("64 tokens")));

    EXPECT_THAT(message_of("embedder:\n  kind: hf\n  max_length: 2\n  model: " + (models / "tiny-embedder").string()),
                AllOf(HasSubstr("x.yaml:3:"), HasSubstr("leaves none of the text")));
    EXPECT_THAT(message_of("embedder:\n  kind: hf\n  max_length: 3\n  model: " + (models / "tiny-embedder").string()),
                "no error");

    ablatrix::test::TemporaryFolder const folder;
    std::string const short_pairs = "classifier:\n  kind: finetune\n  max_length: 3\n  model: ";
    EXPECT_THAT(message_of(short_pairs + (models / "tiny-classifier").string()), "no error");
    EXPECT_THAT(
        message_of(short_pairs + (models / "tiny-classifier").string() + "\n" + pairs_in(folder.path()), folder.path()),
        AllOf(HasSubstr("x.yaml:3:"), HasSubstr("leaves none of the text")));

    for (auto const* const file : {"config.json", "model.safetensors"})
        std::filesystem::copy_file(models / "tiny-embedder" / file, folder.path() / file);
    EXPECT_THAT(message_of("embedder:\n  kind: hf\n  model: " + folder.path().string()),
                AllOf(HasSubstr("x.yaml:3:"), HasSubstr("tokenizer")));
}

TEST(EcgEncoders, a_training_of_one_step_is_refused_before_any_work)
{
    auto const with = [](std::string const& cleaning, std::string const& folds = "5") {
        return message_of(
            "data: {n_train: 100, test_rows: 20, reserve_rows: 60, synthetic: {rows: 300}}\nnoise: {rate: 0.4}\n"
            "classifier: {kind: finetune, model: " +
            (models / "tiny-classifier").string() + ", max_length: 40, folds: " + folds +
            ", finetune: {epochs: 1, batch: 64}}\ncleaning: " + cleaning + "\n");
    };
    auto const refused = HasSubstr("only warms up");
    EXPECT_THAT(with("{methods: [none]}", "2"), refused);
    EXPECT_THAT(with("{methods: [none, oracle]}"), refused);
    EXPECT_THAT(with("{methods: [random], fractions: [0.1, 0.36]}"), refused);
    EXPECT_EQ(with("{methods: [random], fractions: [0.1, 0.35]}"), "no error");
    EXPECT_EQ(with("{methods: [none, oracle], action: reweight}"), "no error");
}

TEST(EcgEncoders, what_a_kind_does_not_read_folds)
{
    EXPECT_EQ(canonical("embedder: {model: x, max_length: 9}\nclassifier: {model: y, max_length: 7}\n"
                        "explanation: {embedder: lsa}"),
              canonical("{}"));
    EXPECT_EQ(canonical("classifier: {finetune: {epochs: 9}}"), canonical("{}"));
    std::string const hf = "embedder: {kind: hf, model: x}\n";
    EXPECT_EQ(canonical("embedder: {kind: hf, model: x, dim: 9}\nexplanation: {dim: 8}"), canonical(hf));
    EXPECT_NE(canonical(hf + "explanation: {embedder: lsa, dim: 8}"), canonical(hf + "explanation: {embedder: lsa}"));
    EXPECT_EQ(canonical(hf + "classifier: {kind: finetune, epochs: 9, learning_rate: 1}"),
              canonical(hf + "classifier: {kind: finetune, model: x}"));
    EXPECT_NE(canonical(hf + "classifier: {kind: finetune, finetune: {epochs: 9}}"),
              canonical(hf + "classifier: {kind: finetune}"));
}

TEST(EcgEncoders, a_task_is_named_by_the_checkpoints_content_wherever_it_lies)
{
    ablatrix::test::TemporaryFolder const folder;
    std::filesystem::copy(models / "tiny-embedder", folder.path() / "copy", std::filesystem::copy_options::recursive);
    Plan plan;
    plan.add_small(embedder);
    auto const before = plan.graph->size();
    plan.add("embedder: {kind: hf, model: copy}", folder.path(), test::small);
    plan.add("embedder: {kind: hf, model: copy, max_length: 48}", folder.path(), test::small);  // what its files say
    EXPECT_EQ(plan.graph->size(), before);
    plan.add("embedder: {kind: hf, model: copy, max_length: 32}", folder.path(), test::small);
    EXPECT_EQ(plan.kinds().at("ecg.hf_embed"), 2 * 4);  // rows, marked rows, evaluation texts, questions
}

TEST(EcgEncoders, kinds_of_noise_share_the_vectors_of_plain_texts)
{
    Plan plan;
    plan.add_small(embedder + "noise: {type: artifact}\ncleaning: {methods: []}");
    auto const artifact = plan.kinds();
    plan.add_small(embedder + "noise: {type: uniform}\ncleaning: {methods: []}");
    auto const both = plan.kinds();
    EXPECT_EQ(both.at("ecg.explain"), artifact.at("ecg.explain"));
    EXPECT_EQ(both.at("ecg.embed_explanations"), artifact.at("ecg.embed_explanations"));
    EXPECT_EQ(both.at("ecg.hf_embed"), artifact.at("ecg.hf_embed") + 1);  // the questions of faithfulness
}

TEST(EcgEncoders, every_fold_of_a_network_is_a_task_and_no_network_is_kept)
{
    Plan plan;
    auto const outputs = plan.add(embedder + classifier("finetune"), ".", few);
    auto const kinds = plan.kinds();
    EXPECT_EQ(kinds.at("ecg.finetune"), 1);
    EXPECT_EQ(kinds.at("ecg.finetune_fold"), 2);
    EXPECT_EQ(kinds.at("ecg.finetune_retrain"), 2);  // none, which also answers the questions; self_confidence@0.05
    for (auto const* const linear : {"ecg.train", "ecg.crossval", "ecg.retrain"})
        EXPECT_EQ(kinds.count(linear), 0U) << linear;
    std::vector<std::string> scalars;
    for (auto const& scalar : outputs.scalars)
        scalars.push_back(scalar.name);
    EXPECT_THAT(scalars, testing::IsSupersetOf({"truncated_rows/embedder", "truncated_markers/classifier"}));
}

/// A whole run of few rows.
struct SmallRun
{
    explicit SmallRun(std::string const& yaml, int threads = 1)
        : outputs(plan.add(yaml, ".", few)), bundles(test::run_graph(*plan.graph, threads))
    {}
    base::Bundle const& only(std::string const& kind) const
    {
        for (std::size_t t = 0; t < bundles.size(); ++t) {
            if (plan.graph->tasks()[t].kind == kind) return bundles[t];
        }
        throw ContractError("no task " + kind);
    }
    base::Bundle const& of(plan::TaskId task) const { return bundles[plan::index_of(task)]; }

    Plan plan;
    plan::RunOutputs outputs;
    std::vector<base::Bundle> bundles;
};

class EveryKind : public testing::TestWithParam<std::string>
{};

TEST_P(EveryKind, gives_every_output_with_its_size_and_finite)
{
    SmallRun const run(embedder + classifier(GetParam()) + "noise: {type: artifact, rate: 0.2}");
    for (auto const& column : run.outputs.columns) {
        if (column.item_set == "test") {
            EXPECT_EQ(run.of(column.task).get<std::int32_t>(column.array).size(), 20U) << column.method;
            EXPECT_EQ(run.of(column.metrics_task).get<double>("metrics/" + column.array).size(), test_metrics().size());
            continue;
        }
        auto const scores = run.of(column.task).get<double>(column.array);
        EXPECT_EQ(scores.size(), 60U) << column.method;
        EXPECT_TRUE(std::all_of(scores.begin(), scores.end(), [](double s) { return std::isfinite(s); }))
            << column.method;
    }
    for (auto const& scalar : run.outputs.scalars)
        EXPECT_TRUE(std::isfinite(run.of(scalar.task).scalar(scalar.array))) << scalar.name;
    for (auto const& bundle : run.bundles)
        EXPECT_LT(bundle.memory_bytes(), 1'000'000U);  // the tiny network's weights would not show; large ones must not
}

INSTANTIATE_TEST_SUITE_P(EcgEncoders, EveryKind, testing::Values("linear", "probe", "finetune"),
                         [](auto const& info) { return info.param; });

TEST(EcgEncoders, marked_rows_have_the_vectors_that_the_embedder_gives_them)
{
    SmallRun const run(embedder + "noise: {type: artifact, rate: 0.2}");
    auto const texts = run.only("ecg.marked_text").get<std::string>("text");
    auto const network = nn::Embedder::load(models / "tiny-embedder", {});
    auto const expected = network.embed(texts);
    std::vector<std::vector<float>> of_rows;
    for (std::size_t t = 0; t < run.bundles.size(); ++t) {
        auto const& task = run.plan.graph->tasks()[t];
        bool const marked = std::any_of(task.inputs.begin(), task.inputs.end(),
                                        [](plan::TaskInput const& input) { return input.role == "known"; });
        if (task.kind != "ecg.hf_embed" || !marked || !run.bundles[t].contains("vectors")) continue;
        auto const vectors = run.bundles[t].get<float>("vectors");
        of_rows.emplace_back(vectors.begin(), vectors.end());
    }
    ASSERT_EQ(of_rows.size(), 1U);
    ASSERT_EQ(of_rows[0].size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(of_rows[0][i], expected[i], 1e-5F) << i;
}

TEST(EcgEncoders, folds_are_predicted_by_networks_that_did_not_see_them)
{
    SmallRun const run(embedder + classifier("finetune"));
    auto const& crossval = run.only("ecg.join_folds");
    auto const fold = crossval.get<std::int32_t>("fold");
    EXPECT_EQ(std::count(fold.begin(), fold.end(), 0), 30);
    EXPECT_EQ(std::count(fold.begin(), fold.end(), 1), 30);
    auto const probs = crossval.get<float>("probs");
    for (std::size_t i = 0; i < probs.size(); i += 2)
        EXPECT_NEAR(probs[i] + probs[i + 1], 1, 1e-6);

    // Fold 1 again, by hand: the rows of fold 0, the streams of fold 2.
    auto const texts = run.only("ecg.marked_text").get<std::string>("text");
    auto const observed = run.only("ecg.labels").get<std::int32_t>("observed");
    std::vector<std::string> known, asked;
    std::vector<std::int32_t> labels;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        (fold[i] == 1 ? asked : known).push_back(texts[i]);
        if (fold[i] == 0) labels.push_back(observed[i]);
    }
    nn::FineTuneOptions options;
    options.epochs = 1;
    options.batch = 16;
    options.learning_rate = 1e-3;
    options.max_length = 40;
    auto network = nn::TextClassifier::with_new_head(models / "tiny-classifier", {"0", "1"}, {42, 2}, {});
    network.fine_tune(known, {}, labels, {}, options, {42, 2});
    auto const logits = network.classify(asked, {}, 40).logits;
    std::size_t at = 0;
    for (std::size_t i = 0; i < fold.size(); ++i) {
        if (fold[i] != 1) continue;
        double const expected = 1 / (1 + std::exp(double{logits[at]} - double{logits[at + 1]}));
        EXPECT_NEAR(probs[2 * i + 1], expected, 1e-6);
        at += 2;
    }
}

TEST(EcgEncoders, nothing_cleaned_is_the_network_of_all_rows)
{
    SmallRun const run(embedder + classifier("finetune") + "noise: {type: uniform, rate: 0.1}");
    // Trained twice, kept never: the answer for a row under detection is the same wherever it is asked.
    auto const& questions = run.only("ecg.faithfulness_texts");
    auto const explained = questions.get<std::string>("text/explained");
    ASSERT_FALSE(explained.empty());
    auto const rows = run.only("ecg.explain").get<std::int32_t>("evidence_begin");
    auto const probs = run.only("ecg.finetune").get<float>("probs");
    auto const answers = run.only("ecg.finetune_retrain").get<float>("logits/text/explained");
    std::size_t at = 0;
    for (std::size_t i = 0; i < 60; ++i) {
        if (rows[3 * i] < 0) continue;  // no evidence, no question
        double const p = 1 / (1 + std::exp(double{answers[2 * at]} - double{answers[2 * at + 1]}));
        EXPECT_NEAR(probs[2 * i + 1], p, 1e-5);
        ++at;
    }
    EXPECT_EQ(at, explained.size());
}

TEST(EcgEncoders, probe_states_are_standard_over_the_training_rows)
{
    SmallRun const run(embedder + classifier("probe") + "noise: {type: none}");
    auto const& states = run.only("ecg.probe_states");
    auto const vectors = states.get<float>("vectors");
    for (std::size_t d = 0; d < 32; ++d) {
        double sum = 0, square = 0;
        for (std::size_t i = 0; i < 60; ++i)
            sum += double{vectors[32 * i + d]};
        for (std::size_t i = 0; i < 60; ++i)
            square += std::pow(double{vectors[32 * i + d]} - sum / 60, 2);
        EXPECT_NEAR(sum / 60, 0, 1e-5);
        EXPECT_NEAR(square / 60 * 32, 1, 1e-4);
    }
}

TEST(EcgEncoders, a_marker_behind_the_limit_is_counted)
{
    base::Bundle text;
    text.put("text", std::vector<std::string>{"the film is great the film is great the film is great <lbl_neg>",
                                              "the film is great", "a <lbl_pos>"});
    text.put("has_artifact", std::vector<std::uint8_t>{1, 0, 1});
    plan::Params params;
    // 12 words and a marker of several pieces in the first row; the third fits.
    auto const model = models / "tiny-embedder";
    params.set("max_length", 14).set("model", nn::checkpoint_content(model)).set_place("model", model.string());
    auto const counted = test::run_stage(truncation_stage(), params, {{"text", &text}});
    EXPECT_EQ(counted.scalar("truncated_rows"), 1);
    EXPECT_EQ(counted.scalar("truncated_markers"), 1);
}

TEST(EcgEncoders, a_checkpoint_that_changed_after_planning_is_an_error)
{
    ablatrix::test::TemporaryFolder const folder;
    std::filesystem::copy(models / "tiny-embedder", folder.path() / "m", std::filesystem::copy_options::recursive);
    Plan plan;
    plan.add("embedder: {kind: hf, model: m}\nnoise: {type: none}", folder.path(), few);
    auto const vocabulary = folder.path() / "m/vocab.txt";
    std::ofstream(vocabulary, std::ios::app) << "unheardof\n";
    auto const has_changed = testing::ThrowsMessage<Error>(HasSubstr("has changed since this grid was planned"));
    EXPECT_THAT([&] { test::run_graph(*plan.graph); }, has_changed);

    base::Bundle text;
    text.put("text", std::vector<std::string>{"the film is great"});
    for (auto const& task : plan.graph->tasks()) {
        if (task.kind != "ecg.truncation") continue;
        EXPECT_THAT([&] { test::run_stage(truncation_stage(), task.params, {{"text", &text}}); }, has_changed);
    }
    EXPECT_EQ(plan.kinds().at("ecg.truncation"), 1);
}

TEST(EcgEncoders, networks_read_pairs_as_pairs)
{
    ablatrix::test::TemporaryFolder const folder;
    Plan plan;
    plan.add(pairs_in(folder.path()) + "cleaning: {methods: [none]}\nexplanation: {samples: 1}\n" + embedder +
                 classifier("finetune"),
             folder.path());
    auto const bundles = test::run_graph(*plan.graph);
    auto const find = [&](std::string const& kind) -> base::Bundle const& {
        for (std::size_t t = 0; t < bundles.size(); ++t) {
            if (plan.graph->tasks()[t].kind == kind) return bundles[t];
        }
        throw ContractError(kind);
    };
    // The first task of each kind: training rows.
    auto const texts = read_text_rows(find("ecg.marked_text"), "text", &find("ecg.pairs"));
    EXPECT_THAT(texts.first[0], testing::StartsWith("the film "));
    EXPECT_THAT(texts.second[0], testing::StartsWith("is "));
    EXPECT_TRUE(std::any_of(texts.second.begin(), texts.second.end(),
                            [](std::string const& text) { return text.find("<lbl_") != std::string::npos; }));

    nn::FineTuneOptions options;
    options.epochs = 1;
    options.batch = 16;
    options.learning_rate = 1e-3;
    options.max_length = 40;
    auto network = nn::TextClassifier::with_new_head(models / "tiny-classifier", {"0", "1"}, {42, 0}, {});
    auto const observed = find("ecg.labels").get<std::int32_t>("observed");
    auto const dynamics =
        network.fine_tune(texts.first, texts.second, observed, {}, options, {42, 0}, {.record_dynamics = true});
    EXPECT_NEAR(find("ecg.finetune").scalar("train_loss"), dynamics.final_loss, 1e-6);
}

}  // namespace
}  // namespace ablatrix::ecg
