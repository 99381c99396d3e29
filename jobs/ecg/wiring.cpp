#include "jobs/ecg/wiring.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/data/noise.hpp>

#include "jobs/ecg/encoders.hpp"
#include "jobs/ecg/learning.hpp"
#include "jobs/ecg/sources.hpp"

namespace ablatrix::ecg {
namespace {

using plan::Params;
using plan::TaskId;
using plan::TaskInput;

constexpr std::int64_t evaluation_seed = 0;  // evaluation texts belong to the data set, not to a run

std::string label_mode(std::string const& noise_type)
{
    return noise_type == "uniform" || noise_type == "artifact" ? "flip" : noise_type;
}

/// Builds one run's graph, a few stages a function.
class Wiring
{
  public:
    explicit Wiring(WiringInput const& input)
        : input_(input),
          p_(input.parameters),
          sizes_(input.sizes),
          table_(input.table),
          test_table_(input.test_table),
          embedder_(input.embedder),
          graph_(input.graph),
          n_(static_cast<double>(input.sizes.train)),
          markers_(data::known_tokens(input.table.class_names, p_.noise.shared_marker, false)),
          tokens_(data::known_tokens(input.table.class_names, p_.noise.shared_marker, p_.rating.enabled))
    {}

    plan::RunOutputs run()
    {
        add_data();
        learning_.emplace(input_, texts_);
        add_explanations();
        add_signals();
        add_baselines();
        add_detection_outputs();
        add_cleaning();
        add_scalars();
        return std::move(outputs_);
    }

  private:
    struct Score
    {
        TaskId task;
        TaskId metrics;
    };

    TaskId add(std::string const& kind, Params params, std::vector<TaskInput> inputs, double cost)
    {
        return graph_.add("ecg." + kind, std::move(params), std::move(inputs), cost);
    }

    Params seeded() const { return Params{}.set("seed", p_.seed); }

    // --- data -------------------------------------------------------------------------------------------------------

    Params rows_params(char const* role) const
    {
        return Params{}
            .set("role", role)
            .set("reserve_rows", static_cast<std::int64_t>(sizes_.reserve))
            .set("test_rows", sizes_.held_out);
    }

    TaskId add_source(data::Dataset const& table)
    {
        return add("source", Params{}.set("content", table.content.text()), {}, static_cast<double>(table.size()));
    }

    TaskId add_test_rows(TaskId source)
    {
        if (test_table_ == nullptr) {
            return add("subsample", rows_params("test"), {{"source", source}}, static_cast<double>(table_.size()));
        }
        return add("subsample", Params{}.set("role", "all"), {{"source", source}},
                   static_cast<double>(test_table_->size()));
    }

    TaskId add_pairs(Params params, TaskId source, TaskId rows, double size)
    {
        return add("pairs", std::move(params), {{"source", source}, {"rows", rows}}, size);
    }

    void add_data()
    {
        auto const source = add_source(table_);
        bool const wants_pairs = input_.classifier != nullptr && !table_.text2.empty();
        auto const table_rows = static_cast<double>(table_.size());
        reserve_ = add("subsample", rows_params("reserve"), {{"source", source}}, table_rows);
        texts_.rows = add("subsample", rows_params("train").set("seed", p_.seed).set("n_train", sizes_.train),
                          {{"source", source}}, table_rows);
        auto const test_source = test_table_ == nullptr ? source : add_source(*test_table_);
        auto const test_rows = add_test_rows(test_source);

        auto const mode = label_mode(p_.noise.type);
        Params label_params;
        label_params.set("mode", mode);
        if (mode == "flip" || mode == "annotator") label_params.set("seed", p_.seed);
        if (mode == "flip") label_params.set("rate", p_.noise.rate);
        texts_.labels = add("labels", std::move(label_params), {{"rows", texts_.rows}}, n_);

        texts_.text = texts_.rows;
        auto const markers = p_.noise.type == "artifact";
        if (markers || p_.rating.enabled) {
            auto params = seeded().set("markers", markers).set("ratings", p_.rating.enabled);
            if (markers) {
                params.set("shared_marker", p_.noise.shared_marker)
                    .set("marker_clean_fraction", p_.noise.marker_clean_fraction);
            }
            if (p_.rating.enabled) params.set("rating_fraction", p_.rating.fraction);
            texts_.text = add("marked_text", std::move(params), {{"rows", texts_.rows}, {"labels", texts_.labels}}, n_);
        }
        if (wants_pairs) {
            texts_.pairs = add_pairs({}, source, texts_.rows, n_);
            if (!p_.cleaning.methods.empty()) {
                auto params =
                    Params{}.set("tokens", data::known_tokens(table_.class_names, p_.noise.shared_marker, true));
                texts_.evaluation_pairs = add_pairs(params, test_source, test_rows, static_cast<double>(sizes_.test));
            }
        }
        if (!p_.cleaning.methods.empty()) {
            texts_.evaluation = add("evaluation_texts",
                                    Params{}
                                        .set("seed", evaluation_seed)
                                        .set("shared_marker", p_.noise.shared_marker)
                                        .set("ratings", p_.rating.enabled),
                                    {{"rows", test_rows}}, static_cast<double>(sizes_.test));
        }
    }

    // --- explanations -----------------------------------------------------------------------------------------------

    void add_explanations()
    {
        auto const& e = p_.explanation;
        auto const strip = e.metadata_policy == "strip";
        // Stripping gives the explainer the text as it was before any token was appended.
        auto const seen_text = strip ? texts_.rows : texts_.text;
        auto const samples_cost = n_ * static_cast<double>(e.samples);
        auto params = Params{}
                          .set("samples", e.samples)
                          .set("label_word_weight", e.label_word_weight)
                          .set("smoothing", e.smoothing)
                          .set("temperature", e.temperature)
                          .set("word_dropout", e.word_dropout)
                          .set("hidden_tokens", strip ? tokens_ : std::vector<std::string>{});
        if (e.samples > 1) params.set("seed", p_.seed);
        auto const explain = [&](TaskId text) {
            return add("explain", params, {{"reserve", reserve_}, {"text", text}}, samples_cost);
        };
        explanations_ = explain(seen_text);
        std::vector<TaskInput> known;
        if (explanation_embedder() != nullptr && seen_text != texts_.rows) {
            // Most rows carry no token, so their explanations are those of the plain texts.
            auto const plain = explain(texts_.rows);
            known = {{"known_explanations", plain}, {"known", add_explanation_vectors(plain, {}, samples_cost)}};
        }
        embedding_ = add_explanation_vectors(explanations_, std::move(known), samples_cost);
        std::vector<TaskInput> quoted{{"explanations", explanations_}, {"text", texts_.text}};
        if (texts_.pairs) quoted.push_back({"pairs", *texts_.pairs});
        questions_ = add("faithfulness_texts", Params{}.set("tokens", tokens_), std::move(quoted), n_);
        reliability_ =
            add("reliability", {}, {{"explanations", explanations_}, {"embedding", embedding_}}, samples_cost);
    }

    Checkpoint const* explanation_embedder() const { return p_.explanation.embedder == "same" ? embedder_ : nullptr; }

    TaskId add_explanation_vectors(TaskId explanations, std::vector<TaskInput> inputs, double cost)
    {
        auto const& e = p_.explanation;
        auto params = Params{}.set("canonical", e.canonical).set("class_names", table_.class_names);
        if (explanation_embedder() == nullptr)
            params.set("dim", e.dim);
        else
            set_embedder(params, *explanation_embedder());
        inputs.push_back({"explanations", explanations});
        return add("embed_explanations", std::move(params), std::move(inputs), cost);
    }

    // --- graphs and signals -----------------------------------------------------------------------------------------

    TaskId add_neighbours(TaskId embedding, char const* array, bool compare_texts)
    {
        auto const& g = p_.graph;
        std::vector<TaskInput> inputs{{"embedding", embedding}};
        if (compare_texts) inputs.push_back({"text", texts_.text});
        auto const params = Params{}
                                .set("array", array)
                                .set("k", g.k)
                                .set("k_outlier", g.k_outlier)
                                .set("exclude_identical", g.exclude_identical);
        return add("neighbours", params, std::move(inputs), n_ * n_ * 1e-3);
    }

    TaskId add_graph(TaskId neighbours, bool weigh_by_reliability)
    {
        auto const& g = p_.graph;
        std::vector<TaskInput> inputs{{"neighbours", neighbours}};
        if (weigh_by_reliability) inputs.push_back({"reliability", reliability_});
        auto const params = Params{}.set("s_min", g.s_min).set("tau", g.tau).set("mutual", g.mutual);
        return add("graph", params, std::move(inputs), n_);
    }

    TaskId add_neighbourhood(TaskId graph)
    {
        return add("neighbourhood", Params{}.set("epsilon", p_.signals.epsilon),
                   {{"graph", graph}, {"labels", texts_.labels}}, n_);
    }

    TaskId add_artifact()
    {
        auto const& mode = p_.signals.artifact_mode;
        auto params = Params{}.set("mode", mode);
        if (mode == "pmi") {
            return add("artifact", params,
                       {{"explanations", explanations_}, {"labels", texts_.labels}, {"text", texts_.text}}, n_);
        }
        return add("artifact", params.set("tokens", tokens_), {{"explanations", explanations_}}, n_);
    }

    void add_signals()
    {
        near_explanations_ = add_neighbours(embedding_, "vectors", p_.graph.exclude_identical == "same_text");
        near_inputs_ = add_neighbours(learning_->vectors(), "vectors", true);
        near_features_ = add_neighbours(learning_->dynamics(), "features", p_.graph.exclude_identical != "none");
        neighbourhood_ = add_neighbourhood(add_graph(near_explanations_, p_.graph.reliability));
        std::map<std::string, TaskId> const signal_tasks{
            {"neighbourhood", neighbourhood_},
            {"artifact", add_artifact()},
            {"stability", add("stability", {}, {{"reliability", reliability_}}, n_)},
            {"dynamics", add("dynamics", {}, {{"dynamics", learning_->dynamics()}}, n_)}};
        Params weights;
        std::vector<TaskInput> inputs;
        for (std::size_t s = 0; s < signal_count; ++s) {
            if (!p_.signals.enabled[s]) continue;
            weights.set(std::string{"weight."} + signal_names[s], p_.signals.weights[s]);
            inputs.push_back({signal_names[s], signal_tasks.at(signal_names[s])});
        }
        combined_ = add("combine", std::move(weights), std::move(inputs), n_);
        put_scores({"ecg_adaptive", "ecg_fixed"}, combined_);
        put_scores({"explanation_knn"}, add_method("explanation_knn", neighbourhood_));
    }

    TaskId add_method(char const* name, TaskId signal)
    {
        return add("signal_method", Params{}.set("name", name), {{"signal", signal}}, n_);
    }

    // --- baselines --------------------------------------------------------------------------------------------------

    void add_baselines()
    {
        put_scores({"ecg_input"}, add_method("ecg_input", add_neighbourhood(add_graph(near_inputs_, false))));
        put_scores({"input_knn"}, add_knn("input_knn", near_inputs_));
        put_scores({"classifier_knn"}, add_knn("classifier_knn", near_features_));
        put_scores(
            {"self_confidence", "confident_learning", "high_loss", "margin", "entropy", "least_confidence"},
            add("probability_baselines", {}, {{"crossval", learning_->crossval()}, {"labels", texts_.labels}}, n_));
        put_scores({"aum"}, add("aum_baseline", {}, {{"dynamics", learning_->dynamics()}}, n_));
        put_scores(
            {"nrg"},
            add("nrg_baseline", Params{}.set("mode", p_.baselines.nrg_mode),
                {{"dynamics", learning_->dynamics()}, {"crossval", learning_->crossval()}, {"labels", texts_.labels}},
                n_ * n_ * 1e-3));
        put_scores({"wann"}, add("wann_baseline", {}, {{"embedding", learning_->vectors()}, {"labels", texts_.labels}},
                                 n_ * n_ * 1e-3));
        put_scores({"label_mismatch"},
                   add("mismatch_baseline", {}, {{"explanations", explanations_}, {"labels", texts_.labels}}, n_));
        put_scores({"random"}, add("random_baseline", seeded(), {{"rows", texts_.rows}}, n_));
        put_scores({"marker_oracle"},
                   add("marker_oracle", Params{}.set("tokens", markers_), {{"text", texts_.text}}, n_));
    }

    TaskId add_knn(char const* name, TaskId neighbours)
    {
        return add("knn_baseline", Params{}.set("name", name), {{"neighbours", neighbours}, {"labels", texts_.labels}},
                   n_);
    }

    /// Remember \p methods as arrays "score/<method>" of \p task and measure them.
    void put_scores(std::vector<std::string> const& methods, TaskId task)
    {
        auto const metrics = add("detection_metrics", {}, {{"scores", task}, {"labels", texts_.labels}},
                                 n_ * static_cast<double>(methods.size()));
        for (auto const& method : methods)
            scores_.insert_or_assign(method, Score{task, metrics});
    }

    // --- what the result file takes
    // -----------------------------------------------------------------------------------

    void add_detection_outputs()
    {
        outputs_.truths.push_back({"detection", texts_.labels, sizes_.train});
        for (auto const& method : detection_methods()) {
            auto const& score = scores_.at(method);
            outputs_.columns.push_back({"detection", method, score.task, "score/" + method, score.metrics});
        }
    }

    void add_cleaning()
    {
        if (p_.cleaning.methods.empty()) return;
        outputs_.truths.push_back({"test", *texts_.evaluation, sizes_.test});
        for (auto const& method : p_.cleaning.methods) {
            if (method == "none" || method == "oracle") {
                add_cleaned(method, method, 0);
                continue;
            }
            for (auto const fraction : p_.cleaning.fractions)
                add_cleaned(method, method + "@" + base::shortest(fraction), fraction);
        }
    }

    void add_cleaned(std::string const& method, std::string const& name, double fraction)
    {
        auto const& c = p_.cleaning;
        // Reweighting has a weight for every row and selects none.
        auto const selected = c.action == "reweight" ? 0.0 : fraction;
        auto params = seeded().set("method", method).set("fraction", selected).set("action", c.action);
        std::vector<TaskInput> inputs{{"labels", texts_.labels}};
        auto const score = scores_.find(method);
        if (score != scores_.end() && method != "random") inputs.push_back({"scores", score->second.task});
        if (c.action == "relabel") {
            params.set("min_confidence", c.min_confidence).set("min_reliability", c.min_reliability);
            inputs.push_back({"explanations", explanations_});
            inputs.push_back({"reliability", reliability_});
        }
        auto const cleaned = add("clean", std::move(params), std::move(inputs), n_);
        auto const retrained = learning_->add_retraining(cleaned, method == "none", questions_);
        auto const metrics =
            add("test_metrics", {}, {{"retrained", retrained}, {"evaluation_texts", *texts_.evaluation}},
                static_cast<double>(sizes_.test));
        put_predictions(method, name, retrained, metrics);
        if (method != "none" && method != "oracle") {
            for (auto const* const what : {"precision", "recall"}) {
                outputs_.scalars.push_back({std::string{"cleaning_"} + what + "/" + name, cleaned, what});
            }
        }
    }

    void put_predictions(std::string const& method, std::string const& name, TaskId retrained, TaskId metrics)
    {
        outputs_.columns.push_back({"test", name, retrained, "prediction/clean", metrics});
        if (method != "none" && method != "ecg_adaptive") return;
        std::vector<std::string> variants{"aligned", "swapped", "stripped", "random"};
        if (p_.rating.enabled) {
            for (auto const* const variant : {"aligned", "swapped", "stripped", "random"}) {
                variants.push_back(std::string{"rating-"} + variant);
            }
        }
        for (auto const& variant : variants) {
            outputs_.columns.push_back({"test", name + "/" + variant, retrained, "prediction/" + variant, metrics});
        }
    }

    void add_scalars()
    {
        auto const faithfulness = learning_->add_faithfulness(questions_);
        auto const leakage =
            add("leakage", seeded().set("class_names", table_.class_names),
                {{"explanations", explanations_}, {"labels", texts_.labels}, {"reliability", reliability_}}, n_);
        auto& scalars = outputs_.scalars;
        for (auto const* const name : {"n_noisy", "noisy_share", "dropped_empty", "dropped_undecided"})
            scalars.push_back({name, texts_.labels, name});
        for (auto const* const name : {"comprehensiveness", "sufficiency", "spurious_attribution"}) {
            scalars.push_back({name, faithfulness, name});
        }
        for (auto const* const name : {"rationale_only_accuracy", "majority_rate", "label_word_rate", "parse_rate",
                                       "unknown_rate", "explainer_accuracy", "mean_reliability", "mean_label_agreement",
                                       "mean_evidence_jaccard", "mean_rationale_similarity"})
        {
            scalars.push_back({name, leakage, name});
        }
        scalars.push_back({"isolated_rows", neighbourhood_, "isolated_rows"});
        scalars.push_back({"constant_signals", combined_, "constant_signals"});
        scalars.push_back({"duplicate_explanation_share", near_explanations_, "duplicate_share"});
        scalars.push_back({"duplicate_text_share", near_inputs_, "duplicate_share"});
        auto const truncation = learning_->add_truncation();
        scalars.insert(scalars.end(), truncation.begin(), truncation.end());
    }

    WiringInput const& input_;
    Parameters const& p_;
    Sizes sizes_;
    data::Dataset const& table_;
    data::Dataset const* test_table_;
    Checkpoint const* embedder_;
    plan::Graph& graph_;
    double n_;
    std::vector<std::string> markers_;  // that label noise may append
    std::vector<std::string> tokens_;   // and rating tokens, when these are on

    TaskId reserve_{};
    TextTasks texts_;
    std::optional<Learning> learning_;
    TaskId explanations_{}, questions_{}, embedding_{}, reliability_{};
    TaskId near_explanations_{}, near_inputs_{}, near_features_{}, neighbourhood_{}, combined_{};
    std::map<std::string, Score> scores_;
    plan::RunOutputs outputs_;
};

}  // namespace

plan::RunOutputs wire(WiringInput const& input)
{
    return Wiring(input).run();
}

}  // namespace ablatrix::ecg
